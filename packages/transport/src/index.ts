export type {
  Append,
  Delivery,
  Intent,
  Range,
  RowBlock,
  StatusRow,
  TransportReader,
  TransportWriter,
  UndercountRow,
} from './transport.ts';
