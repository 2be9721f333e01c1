/** What is to be written as a part: rows of groups of series, in order of arrival, with labels as symbols. */
export interface OpenSamples extends OpenLabels {
  readonly groupCount: number;
  /** The series of a group, in the order of its columns. A series may be in several groups. */
  membersOf(group: number): Uint32Array;
  rowCountOf(group: number): number;
  /** Copies the times of its rows, in any order, some maybe twice: then the later row is right. */
  copyTimes(group: number, into: Float64Array): void;
  /** Copies the values of one column, a row each, to the beginning of `into`, bit for bit. */
  copyColumn(group: number, column: number, into: Float64Array): void;
}

export interface OpenLabels {
  /** Symbols of a series' labels: name, value, name, value, ..., sorted by the text of the name. */
  labelSymbolsOf(series: number): Uint32Array;
  symbolText(symbol: number): string;
}
