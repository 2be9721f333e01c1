/** What lines are looked for; all of it stands in the address of the page. */
export interface LogFilter {
  /** `{job="files"}`; empty for all streams. */
  readonly selector: string;
  /** A text that lines hold, or a regular expression (RE2); empty for all lines. */
  readonly text: string;
  readonly isRegex: boolean;
  readonly ignoreCase: boolean;
}

export function readFilter(params: URLSearchParams): LogFilter {
  return {
    selector: params.get('selector') ?? '',
    text: params.get('text') ?? '',
    isRegex: params.get('regex') === '1',
    ignoreCase: params.get('case') === 'ignore',
  };
}

/** The change of address that a filter is; null takes a parameter away. */
export function writeFilter(filter: LogFilter): Record<string, string | null> {
  return {
    selector: filter.selector === '' ? null : filter.selector,
    text: filter.text === '' ? null : filter.text,
    regex: filter.isRegex ? '1' : null,
    case: filter.ignoreCase ? 'ignore' : null,
  };
}

/** The parameters of the API for a filter. */
export function filterParams(filter: LogFilter): URLSearchParams {
  const params = new URLSearchParams();
  if (filter.selector !== '') params.set('selector', filter.selector);
  if (filter.text === '') return params;
  params.set(filter.isRegex ? 'regex' : 'contains', filter.text);
  if (filter.ignoreCase) params.set('case', 'insensitive');
  return params;
}
