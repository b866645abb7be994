export { ActionMatcher, defaultActionRules, type ActionRule } from './action.ts';
export { extraPieces, isHeaderless, type ExtraPiece } from './extra.ts';
export { formatLine } from './format-line.ts';
export type { KnownText } from './known-text.ts';
export { Line } from './line.ts';
export { directionOf, parseBytes, parseLine, type ParseOptions } from './parse-line.ts';
export { hasPorts, protocolName } from './protocol.ts';
export {
  actions,
  maxLineBytes,
  maxRepeats,
  rejectReasonMeanings,
  rejectReasons,
  tcpFlagNames,
  undercountCauseMeanings,
  undercountCauses,
  type Action,
  type Direction,
  type NetfilterRecord,
  type ParseResult,
  type RejectReason,
  type TimeSource,
  type Undercount,
  type UndercountCause,
} from './record.ts';
export { canonicalAddress } from './address.ts';
export { LineScanner, scanned, type ScannerOptions } from './scanner.ts';
export { cleanText, plain } from './text.ts';
