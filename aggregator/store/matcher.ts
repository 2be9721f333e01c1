/** One condition on one label, as in PromQL's `{name op "value"}`; a regular expression is anchored RE2. */
export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}
