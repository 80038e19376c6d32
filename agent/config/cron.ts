import { validate } from 'node-cron'

/**
 * Whether this is a rhythm to go by: a cron expression of six fields, seconds first. The scheduler takes five as
 * well, and would go by minutes where seconds were meant.
 */
export const validCron = (expression: string): boolean =>
  expression.trim().split(/\s+/).length === 6 && validate(expression)
