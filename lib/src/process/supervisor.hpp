// The process between volley and somebody else's server: it lives to end the server's whole tree.
#pragma once

namespace volley::process {

/// `supervise --fd N [--cwd DIR] [--signal N] [--grace MS] -- PROGRAM ARGUMENT...`: runs PROGRAM and ends it and every descendant when
/// descriptor N, one end of a stream socket pair, says so: a byte 's' (stop: the signal, after the grace SIGKILL), 'k' (SIGKILL at once), or
/// its end, which is what the death of the other side looks like, kill -9 included. SIGTERM to the supervisor counts as 's'.
///
/// It is a child subreaper (prctl(2)), so that descendants which called setsid or forked twice become its children when their parents
/// die; it is done when wait(2) says that there is none. To the other side it writes lines: `started PID`, `failed ERRNO STEP`,
/// `exited code|signal N left K` (the program's own end; K is 1 while descendants live on), `gone` or `stuck`.
///
/// @return exit code: 0 the tree is gone; 1 some process could not be killed for 10 s (another user's); 2 wrong arguments; 127 not started.
/// Thread safety: to be called in a process that has no other thread.
int supervise(int argc, char** argv);

}  // namespace volley::process
