/**
 * Perl under k3s's name: one thread reads a page of a file that gives no answer, another asks for memory and waits for
 * the first. From then on its memory is locked, and whoever reads its command line waits too (as `ps` does).
 */
export const held = `use threads; use POSIX ();
  my $mmap = (POSIX::uname())[4] eq "aarch64" ? 222 : 9;
  my $none = 2 ** 32 - 1;
  open F, "<", "/run/far/page" or die $!;
  my $page = syscall($mmap, 0, 4096, 1, 2, fileno(F), 0);
  async { my $pointer = pack("Q", $page); my $read = unpack("P4096", $pointer) };
  sleep 1;
  async { syscall($mmap, 0, 4096, 3, 0x22, $none, 0) };
  sleep 600;`
