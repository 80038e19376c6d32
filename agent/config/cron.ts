import { validate } from 'node-cron'

/**
 * Whether this is a cron expression of six fields, seconds first. The scheduler would also accept five, and then run
 * by minutes where seconds were meant.
 */
export const validCron = (expression: string): boolean =>
  expression.trim().split(/\s+/).length === 6 && validate(expression)
