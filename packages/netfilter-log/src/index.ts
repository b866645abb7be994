export { type ActionRule } from './action.ts';
export { parseLine, type ParseOptions } from './parse-line.ts';
export {
  actions,
  maxLineBytes,
  maxRepeats,
  rejectReasons,
  tcpFlagNames,
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
