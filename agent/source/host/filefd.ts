import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** File descriptors of the whole host: /proc/sys/fs/file-nr. */
export function filefdCollector(host: Host): Collector {
  const file = procFile(host, 'sys/fs/file-nr');
  return {
    name: 'filefd',
    collect(out) {
      const text = file.read();
      if (!text?.nextLine()) return;
      out.put('node_filefd_allocated', text.number());
      text.skipWords(1);
      out.put('node_filefd_maximum', text.number());
    },
  };
}
