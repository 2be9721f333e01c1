import type { KernelFiles } from '../kernel-file.ts';
import { COLON } from '../text.ts';
import { averaged } from './process-table.ts';
import type { Process } from './process-table.ts';

/**
 * Reads /proc/<pid>/io: bytes that really came from and went to a disk, so neither pipes and sockets nor
 * reads out of the page cache. Another user's process without the permission keeps NaN.
 */
export function readProcessIo(files: KernelFiles, procRoot: string, process: Process, atMs: number): void {
  const text = files.readOnce(`${procRoot}/${process.pid}/io`);
  let readBytes = Number.NaN;
  let writtenBytes = Number.NaN;
  while (text?.nextLine()) {
    const key = text.before(COLON);
    if (key === 'read_bytes') readBytes = text.number();
    else if (key === 'write_bytes') writtenBytes = text.number();
  }
  const moved = readBytes - process.readBytes + (writtenBytes - process.writtenBytes);
  const elapsedMs = atMs - process.ioAtMs;
  process.ioRate = averaged(process.ioRate, moved / (elapsedMs / 1000), elapsedMs);
  process.readBytes = readBytes;
  process.writtenBytes = writtenBytes;
  process.ioAtMs = atMs;
  process.ioCpuTicks = process.cpuTicks;
}
