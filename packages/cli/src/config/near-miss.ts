/** The known name that `name` was probably meant to be; undefined when none is near. */
export function nearMiss(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().replaceAll('-', '_');
  let best: string | undefined;
  let least = wanted.length <= 4 ? 1 : wanted.length <= 8 ? 2 : 3;
  for (const candidate of known) {
    const far = distance(wanted, candidate.toLowerCase());
    if (far < least || (far === least && best === undefined)) {
      best = candidate;
      least = far;
    }
  }
  return best;
}

/** Edits (insert, delete, replace, swap of neighbours) from one name to another. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}
