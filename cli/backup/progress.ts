/** Told before each file, with the bytes done and in all. */
export type OnProgress = (path: string, doneBytes: number, totalBytes: number) => void;
