/** A started part of the program. */
export interface Running {
  /** Where it answers, without a slash at the end: `http://127.0.0.1:4400`. */
  readonly url: string;
  /** Stops it: answers what is under way, writes what must last, lets go of all it holds. */
  close(): Promise<void>;
}
