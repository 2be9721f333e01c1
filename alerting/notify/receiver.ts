import type { Notification } from './notification.ts';

/** Someone who is told. */
export interface Receiver {
  /** The same after a restart; what waits to be sent is kept under it. */
  readonly name: string;
  /**
   * Resolves when the notification was taken. Throws a Fault when it was not: with `retry` when the receiver could
   * not be had, without when it was there and refused this notification.
   */
  send(notification: Notification): Promise<void>;
}
