// SCTP by usrsctp. Everything of it stays behind this header.
#pragma once

#include <memory>

#include "proto/sctp/association.hpp"

namespace volley::proto::sctp {

/// usrsctp's state is the process', and its locks do not keep two threads from stopping each other for ever (sctplab/usrsctp issues 649, 711,
/// 712, 719), so one stack may exist at a time, and the thread that makes it is the only one to touch it and its associations: anything else
/// aborts the program. More processors are for more processes. Another stack may be made once this one is gone.
///
/// Time: timers run on what handle_timeout() is told; round trips, lifetimes of messages and of cookies on gettimeofday(2), which usrsctp
/// asks itself. Ports: each association has one of its own inside, so that usrsctp finds it at once; SDP's are put in and taken out at
/// the edge, and the checksum with them.
/// usrsctp itself keeps one thread, which sleeps: it sees to changes of addresses, of which there are none. A process that forks does so before.
/// Throws std::runtime_error where there is a stack already.
[[nodiscard]] std::unique_ptr<Stack> make_usrsctp_stack();

}  // namespace volley::proto::sctp
