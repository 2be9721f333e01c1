import type { Statements } from './database.ts';

/** Which rules by metric name the parts of a day up to a rank hold nothing against. */
export interface AppliedRules {
  /** A `DueRules` text. */
  readonly rules: string;
  readonly rank: number;
}

/** In no file to which no rule was applied; those who don't know it need not. */
const TABLE =
  'CREATE TABLE IF NOT EXISTS retention (id INTEGER PRIMARY KEY CHECK (id = 1), rules TEXT NOT NULL, rank INTEGER NOT NULL)';

export function appliedRules(statements: Statements): AppliedRules | undefined {
  const isThere = statements.get("SELECT 1 FROM sqlite_schema WHERE name = 'retention'").get();
  if (isThere === undefined) return undefined;
  return statements.get('SELECT rules, rank FROM retention').get() as AppliedRules | undefined;
}

/** In the transaction that leaves out what they say. */
export function noteRules(statements: Statements, { rules, rank }: AppliedRules): void {
  statements.get(TABLE).run();
  statements.get('INSERT OR REPLACE INTO retention VALUES (1, ?, ?)').run(rules, rank);
}
