/** What a sender says outside of the body, by name, in its order. */
export type Parameters = readonly (readonly [name: string, value: string])[];

/** The first value of a parameter, `''` when it is absent. */
export function parameterOf(parameters: Parameters, name: string): string {
  return parameters.find(([each]) => each === name)?.[1] ?? '';
}

/** What has to be known beside a body to read it. */
export interface BodyForm {
  /** When it came; the time of samples that tell none. */
  readonly receivedMs: number;
  readonly parameters: Parameters;
}
