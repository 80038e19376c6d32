import { causes } from '../../agent/model/index.ts'

/**
 * What takes away what k3s made in the kernel, links, routes and rules, for k3s to make anew. A mere restart does not:
 * they outlive it, and so do containers (measured on k3s 1.21 and 1.36). What is gone is gone at once; what a start has
 * not made yet is not held against it, and was last seen well before it.
 */
export const cleared = causes({ code: 'k3s.killed' }, { code: 'k3s.rebooted' })
