/** One piece of `extra` as it stands there. `key` is '' for a bare word, '[' for a quoted packet (then `value` is what the brackets hold). */
export interface ExtraPiece {
  readonly text: string;
  readonly key: string;
  readonly value: string;
}

/** The pieces of a record's `extra` in order: KEY=value, words, `FRAG:n`, and those that hold spaces: `OPT (…)`, `[SRC=…]`, `INCOMPLETE [n bytes]`. */
export function extraPieces(extra: string): ExtraPiece[] {
  const words = extra.split(' ');
  const pieces: ExtraPiece[] = [];
  let i = 0;
  while (i < words.length) {
    const first = i;
    const word = words[i++]!;
    if (word === '') continue;
    if (word.startsWith('[')) {
      let depth = depthOf(word);
      while (depth > 0 && i < words.length) depth += depthOf(words[i++]!);
      const text = words.slice(first, i).join(' ');
      pieces.push({ text, key: '[', value: text.slice(1, text.endsWith(']') ? -1 : undefined).trim() });
    } else if (word === 'OPT' && words[i]?.startsWith('(')) {
      while (i < words.length && !words[i]!.includes(')')) i++;
      i++;
      const text = words.slice(first, i).join(' ');
      pieces.push({ text, key: 'OPT', value: text.slice(5, text.indexOf(')')).trim() });
    } else if (word === 'INCOMPLETE' && words[i]?.startsWith('[')) {
      pieces.push({ text: `${word} ${words[i]} ${words[i + 1]}`, key: 'INCOMPLETE', value: words[i]!.slice(1) });
      i += 2;
    } else if (word === 'Unknown' && words[i] === 'Ext') {
      pieces.push({ text: words.slice(first, i + 3).join(' '), key: 'Unknown', value: words[i + 2] ?? '' });
      i += 3;
    } else if ((word === 'FRAG:' || word === 'ID:') && i < words.length) {
      pieces.push({ text: `${word} ${words[i]}`, key: word, value: words[i++]! });
    } else pieces.push(pieceOf(word));
  }
  return pieces;
}

function pieceOf(word: string): ExtraPiece {
  const mark = word.startsWith('FRAG:') ? 4 : word.startsWith('ID:') ? 2 : word.indexOf('=');
  if (mark < 0) return { text: word, key: word, value: '' };
  const key = word[mark] === ':' ? word.slice(0, mark + 1) : word.slice(0, mark);
  return { text: word, key, value: word.slice(mark + 1) };
}

function depthOf(word: string): number {
  let depth = 0;
  for (const character of word) depth += character === '[' ? 1 : character === ']' ? -1 : 0;
  return depth;
}

/** Whether a piece says that the packet was a fragment with an offset, by itself or within the IPv6 options. */
export function isLaterFragment({ key, value }: Pick<ExtraPiece, 'key' | 'value'>): boolean {
  return key === 'FRAG:' ? /^0*[1-9]/.test(value) : key === 'OPT' && /(?:^| )FRAG:0*[1-9]/.test(value);
}

/** Whether the packet had no transport header of its own: a later fragment, or one cut short. */
export function isHeaderless(pieces: readonly ExtraPiece[]): boolean {
  return pieces.some(
    ({ key, value }, i) =>
      isLaterFragment({ key, value }) ||
      (key.startsWith('INCOMPLETE') && (value !== '' || !pieces[i - 1]?.key.startsWith('FRAG'))),
  );
}
