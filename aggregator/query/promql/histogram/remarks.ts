/** What is told of native histograms that could not be brought together as they are, in Prometheus's words. */
type Operation = 'addition' | 'subtraction' | 'aggregation';

export function reconciledDuring(operation: Operation): string {
  return `mismatched custom buckets were reconciled during ${operation}`;
}

export function conflictDuring(operation: Operation): string {
  return `conflicting counter resets during histogram ${operation}`;
}

export function mixedSchemas(metric: string): string {
  const what = 'vector contains a mix of histograms with exponential and custom buckets schemas';
  return `${what} for metric name "${metric}"`;
}

export function mixedWithFloats(metric: string): string {
  return `encountered a mix of histograms and floats for metric name "${metric}"`;
}
