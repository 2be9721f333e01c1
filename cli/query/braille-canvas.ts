/** The bits of the eight dots of a cell, by row and column (Unicode, "Braille Patterns"). */
const BITS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];
const EMPTY = 0x2800;

/** Lines of Braille characters to draw on: two dots a character across and four down. */
export class BrailleCanvas {
  readonly #columns: number;
  readonly #cells: Uint8Array;
  /** Whose dot came last into the cell. */
  readonly #owners: Uint8Array;
  readonly width: number;
  readonly height: number;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#cells = new Uint8Array(columns * rows);
    this.#owners = new Uint8Array(columns * rows);
    this.width = columns * 2;
    this.height = rows * 4;
  }

  /** `y` counts from the bottom. */
  dot(x: number, y: number, owner: number): void {
    if (x < 0 || x >= this.width || y < 0 || y >= this.height) return;
    const top = this.height - 1 - y;
    const cell = Math.floor(top / 4) * this.#columns + Math.floor(x / 2);
    this.#cells[cell] = (this.#cells[cell] as number) | (BITS[(top % 4) * 2 + (x % 2)] as number);
    this.#owners[cell] = owner;
  }

  line(fromX: number, fromY: number, toX: number, toY: number, owner: number): void {
    const steps = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY), 1);
    for (let i = 0; i <= steps; i++) {
      const x = Math.round(fromX + ((toX - fromX) * i) / steps);
      this.dot(x, Math.round(fromY + ((toY - fromY) * i) / steps), owner);
    }
  }

  /** From the top; each cell with something in it as `paint` has it. */
  rows(paint: (character: string, owner: number) => string): string[] {
    const rows: string[] = [];
    for (let start = 0; start < this.#cells.length; start += this.#columns) {
      let row = '';
      for (let cell = start; cell < start + this.#columns; cell++) {
        const bits = this.#cells[cell] as number;
        row += bits === 0 ? ' ' : paint(String.fromCharCode(EMPTY + bits), this.#owners[cell] as number);
      }
      rows.push(row);
    }
    return rows;
  }
}
