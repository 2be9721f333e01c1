/** What the writer and the reader of a frame agree on; drawn in FORMAT.md. */

/** Values of all columns at which a frame is large enough: packed it takes 15 to 60 KB. */
export const FRAME_VALUES = 65_536;

/** Residuals of a column that have one class and one base; the last ones of a column may be fewer. */
const SEGMENT_ROWS = 512;
/** References that have to be followed to read a column, at most. */
export const MAX_DEPTH = 8;
/** A reference goes to one of so many columns before. */
export const MAX_DISTANCE = 8;

/** Classes of a frame, at most. */
export const MAX_CLASSES = 64;

/** Zeros at the end, so that whole words may be read. */
export const PADDING_BYTES = 4;

export const WAY_MASK = 0b111;
export const PREDICTION_SHIFT = 3;
export const HAS_EXCEPTIONS = 0b100_0000;

/** The fields of all columns, each field in a plane of its own: like lies beside like for zstd. */
export const PLANES = [
  'heads',
  'exponents',
  'rows',
  'firsts',
  'factors',
  'slopes',
  'distances',
  'exceptions',
  'lengths',
  'classes',
  'bases',
  'weights',
] as const;
export type Plane = (typeof PLANES)[number];

/** Segments of a column of so many rows: of about equal length, none for one row. */
export function segmentsOf(rows: number): number {
  return Math.ceil((rows - 1) / SEGMENT_ROWS);
}

/** The first row of a segment, or of what would come after the last. */
export function segmentStart(rows: number, segment: number): number {
  return 1 + Math.floor(((rows - 1) * segment) / segmentsOf(rows));
}
