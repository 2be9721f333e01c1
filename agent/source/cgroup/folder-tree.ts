import type { Stats } from 'node:fs';
import { readdirSync, statSync } from 'node:fs';

interface Folder {
  /** Path below the root, `/` for the root itself: the id of the cgroup. */
  readonly id: string;
  readonly path: string;
  readonly inode: number;
  /** -1 while the folder must be listed. */
  links: number;
  readonly children: Map<string, Folder>;
}

/** Who is told of the folders that come and go. */
export interface Watcher {
  /** Folders without room are skipped, and looked for again at the next update. */
  hasRoom(id: string): boolean;
  added(id: string, path: string, createdAtMs: number): void;
  removed(id: string): void;
}

/**
 * The folders of one hierarchy. A folder's link count is the number of its subfolders plus two, so one
 * stat(2) a folder tells whether to list it again; a subfolder that went while another came shows in its own
 * stat: it is missing, or has another inode. File systems that don't count links (1) are listed each time.
 */
export class FolderTree {
  readonly #root: string;
  readonly #watcher: Watcher;
  #top: Folder | undefined;
  /** Folders without room at the last update; what lies below them isn't counted. */
  skipped = 0;

  constructor(root: string, watcher: Watcher) {
    this.#root = root;
    this.#watcher = watcher;
  }

  update(): void {
    this.skipped = 0;
    const stats = statOf(this.#root);
    if (this.#top !== undefined && stats?.ino !== this.#top.inode) {
      this.#remove(this.#top);
      this.#top = undefined;
    }
    if (stats === undefined) return;
    this.#top ??= this.#add('/', this.#root, stats);
    if (this.#top !== undefined) this.#visit(this.#top, stats);
  }

  #visit(folder: Folder, stats: Stats): void {
    let mustList = stats.nlink < 2 || stats.nlink !== folder.links;
    folder.links = stats.nlink;
    for (const [name, child] of folder.children) {
      const childStats = statOf(child.path);
      if (childStats?.ino === child.inode) {
        this.#visit(child, childStats);
        continue;
      }
      this.#remove(child);
      folder.children.delete(name);
      mustList = true;
    }
    if (mustList) this.#list(folder);
  }

  #list(folder: Folder): void {
    for (const name of subfolders(folder.path)) {
      if (folder.children.has(name)) continue;
      const path = `${folder.path}/${name}`;
      const id = folder.id === '/' ? `/${name}` : `${folder.id}/${name}`;
      if (!this.#watcher.hasRoom(id)) {
        this.skipped++;
        folder.links = -1;
        continue;
      }
      const stats = statOf(path);
      const child = stats && this.#add(id, path, stats);
      if (stats === undefined || child === undefined) continue;
      folder.children.set(name, child);
      this.#visit(child, stats);
    }
  }

  #add(id: string, path: string, stats: Stats): Folder | undefined {
    if (!stats.isDirectory() || !this.#watcher.hasRoom(id)) return undefined;
    this.#watcher.added(id, path, stats.mtimeMs);
    return { id, path, inode: stats.ino, links: -1, children: new Map() };
  }

  #remove(folder: Folder): void {
    for (const child of folder.children.values()) this.#remove(child);
    this.#watcher.removed(folder.id);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function subfolders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
