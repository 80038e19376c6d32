/**
 * A program that calls itself `Out of memory`, in a file that is called as below, has the kernel itself write all
 * words of an OOM kill when it crashes: `Out of memory[9]: segfault at 0 … in Killed process 777 (k3s-server) …`.
 */
export const file =
  'Killed process 777 (k3s-server) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0'
/** The smallest ELF program (elf(5)) that gives itself a name of up to 15 bytes and then writes to address 0. */
export function crashing(comm: string): Buffer {
  const headers = 0x78
  const code = Buffer.from([
    ...[0xb8, 157, 0, 0, 0], // mov eax, prctl
    ...[0xbf, 15, 0, 0, 0], // mov edi, PR_SET_NAME
    ...[0x48, 0x8d, 0x35, 6, 0, 0, 0], // lea rsi, [rip + 6]: the name, behind the code
    ...[0x0f, 0x05, 0x31, 0xc0, 0x89, 0x00], // syscall; xor eax, eax; mov [rax], eax
    ...Buffer.from(`${comm}\0`),
  ])
  const elf = Buffer.alloc(headers)
  const size = headers + code.length
  // 64 bits, little-endian; an executable for x86-64 with one segment, which is read and executed, at 4 MiB.
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  for (const [at, value] of [
    [16, 2],
    [18, 62],
    [52, 0x40],
    [54, 0x38],
    [56, 1],
  ] as const)
    elf.writeUInt16LE(value, at)
  for (const [at, value] of [
    [20, 1],
    [24, 0x400000 + headers],
    [32, 0x40],
    [64, 1],
    [68, 5],
  ] as const)
    elf.writeUInt32LE(value, at)
  for (const [at, value] of [
    [80, 0x400000],
    [88, 0x400000],
    [96, size],
    [104, size],
    [112, 0x1000],
  ] as const)
    elf.writeUInt32LE(value, at)
  return Buffer.concat([elf, code])
}
