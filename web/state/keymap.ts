/** Something that keys do; the help lists it in these words. */
export interface KeyCommand {
  /** One key, or two that follow each other, e.g. `g o`; as `KeyboardEvent.key` names them, and `Space`. */
  readonly keys: string;
  readonly words: string;
  run(): void;
}

/** What of a KeyboardEvent is looked at. */
export interface Stroke {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/**
 * Finds the command of a stroke, keeping the first half of a pair until the next one. Strokes with a modifier
 * belong to the browser, and while somebody types only Escape is ours.
 */
export function createKeymap(
  commands: readonly KeyCommand[],
): (stroke: Stroke, typing: boolean) => KeyCommand | null {
  let first = '';
  return (stroke, typing) => {
    if (stroke.ctrlKey || stroke.metaKey || stroke.altKey || (typing && stroke.key !== 'Escape')) {
      first = '';
      return null;
    }
    const key = stroke.key === ' ' ? 'Space' : stroke.key;
    const keys = first === '' ? key : `${first} ${key}`;
    const found = commands.find((command) => command.keys === keys) ?? null;
    const opens =
      found === null && first === '' && commands.some((command) => command.keys.startsWith(`${keys} `));
    first = opens ? keys : '';
    return found;
  };
}
