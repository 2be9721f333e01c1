const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** A size for people: `3.2 GiB`. */
export function printBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  let value = bytes / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${value.toFixed(1)} ${UNITS[unit] as string}`;
}
