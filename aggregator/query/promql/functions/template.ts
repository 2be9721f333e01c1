import type { Matcher, RE2JS } from 're2js';

/**
 * Go's `Regexp.Expand`: `$name`, `$1`, `${name}` stand for a group of the match, `$$` for a dollar sign. A
 * name is as long as it can be (`$1x` is the group `1x`); a group that is not there is empty; a `$` that
 * begins no name stays.
 */
export function expandTemplate(template: string, regex: RE2JS, match: Matcher): string {
  return template.replace(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (whole, braced?: string, bare?: string) => {
      if (whole === '$$') return '$';
      return group((braced ?? bare) as string, regex, match);
    },
  );
}

function group(name: string, regex: RE2JS, match: Matcher): string {
  if (/^\d+$/.test(name)) {
    const index = Number(name);
    return index <= regex.groupCount() ? (match.group(index) ?? '') : '';
  }
  return Object.hasOwn(regex.namedGroups(), name) ? (match.group(name) ?? '') : '';
}
