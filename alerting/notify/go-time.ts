/** Go's zero time, which Prometheus and Alertmanager write for "never". */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** A time as Go writes it in JSON: RFC 3339 without zeros at the end of the fraction. */
export function goTime(ms: number | undefined): string {
  return ms === undefined ? ZERO_TIME : new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}
