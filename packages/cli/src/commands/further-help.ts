import { wrapText } from '../terminal/wrap-text.ts';

/** Paragraphs below a command's options, wrapped like the rest of its help. */
export function furtherHelp(...paragraphs: readonly string[]): string {
  return paragraphs.map((paragraph) => `\n${wrapText(paragraph, 78).join('\n')}`).join('');
}
