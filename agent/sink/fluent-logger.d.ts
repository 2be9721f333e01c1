/**
 * The parts of fluent-logger that are used. Its index also loads a transport for winston, whose package
 * is not here, and its own types know neither EventTime nor the events.
 */
declare module 'fluent-logger/lib/event-time.js' {
  export default class EventTime {
    readonly epoch: number;
    readonly nano: number;
    constructor(seconds: number, nanoseconds: number);
  }
}

declare module 'fluent-logger/lib/sender.js' {
  import type { EventEmitter } from 'node:events';
  import type EventTime from 'fluent-logger/lib/event-time.js';

  interface Options {
    readonly host: string;
    readonly port: number;
    readonly eventMode: 'PackedForward';
    readonly requireAckResponse: boolean;
    /** Milliseconds, these two. */
    readonly ackResponseTimeout: number;
    readonly flushInterval: number;
  }

  export default class FluentSender {
    constructor(tag: string, options: Options);
    emit(record: object, time: EventTime, done?: (error?: Error) => void): void;
    once: EventEmitter['once'];
    removeAllListeners: EventEmitter['removeAllListeners'];
    /** Closes the connection. */
    end(): void;
  }
}
