/** The warning of an answer that a limit cut, in Prometheus's words. */
export const TRUNCATED = 'results truncated due to limit';

/** Prometheus's envelope of data, as JSON. */
export function success(data: unknown, warnings: readonly string[] = []): Uint8Array {
  return Buffer.from(JSON.stringify({ status: 'success', data, ...(warnings.length > 0 && { warnings }) }));
}
