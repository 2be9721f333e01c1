/** Moments as text, in the reader's time zone unless UTC is asked for; always with 24 hours. */
export interface TimeFormat {
  /** `20 Nov 09:04:05` */
  moment(seconds: number): string;
  /** `09:04:05 UTC` */
  utc(seconds: number): string;
  /** Labels of an axis whose ticks stand `incrementSeconds` apart. */
  tick(seconds: number, incrementSeconds: number): string;
}

const DAY_SECONDS = 86_400;

/** The formats of a time zone, the reader's own when none is named. */
export function createTimeFormat(timeZone?: string): TimeFormat {
  const make = (options: Intl.DateTimeFormatOptions): ((seconds: number) => string) => {
    const zone = options.timeZone ?? timeZone;
    const format = new Intl.DateTimeFormat('en-GB', {
      ...options,
      ...(zone ? { timeZone: zone } : {}),
      hourCycle: 'h23',
    });
    return (seconds) => format.format(seconds * 1000);
  };
  const clock = { hour: '2-digit', minute: '2-digit' } as const;
  const full = { ...clock, second: '2-digit' } as const;
  const date = make({ day: 'numeric', month: 'short' });
  const minutes = make(clock);
  const seconds = make(full);
  const utc = make({ ...full, timeZone: 'UTC' });
  return {
    moment: (at) => `${date(at)} ${seconds(at)}`,
    utc: (at) => `${utc(at)} UTC`,
    tick: (at, increment) => {
      if (increment >= DAY_SECONDS) return date(at);
      const text = increment < 60 ? seconds(at) : minutes(at);
      return text === '00:00' ? date(at) : text;
    },
  };
}
