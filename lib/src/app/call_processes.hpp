// What the processes of one server have in common for their calls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <volley/app/app.hpp>

#include "call/call_ledger.hpp"

namespace volley::app {

/// Made before they are forked: the count of their calls, and for each a Unix socket to be asked on. Its name is an abstract one, which goes
/// with the last process that has it; who asks and who answers look at each other's user.
class CallProcesses {
public:
    /// Throws std::system_error.
    CallProcesses(unsigned count, const CallOptions& options);
    CallProcesses(const CallProcesses&) = delete;
    CallProcesses& operator=(const CallProcesses&) = delete;
    ~CallProcesses() { close(); }

    [[nodiscard]] unsigned count() const noexcept { return static_cast<unsigned>(names_.size()); }
    [[nodiscard]] const std::shared_ptr<call::CallLedger>& ledger() const noexcept { return ledger_; }
    /// Where to ask that process.
    [[nodiscard]] const std::string& name_of(unsigned process) const { return names_.at(process); }

    /// In that process: its listening socket, which is the caller's then. The others' are closed here.
    [[nodiscard]] int take_listener(unsigned process);
    /// In the process that has forked: so that nobody waits for one that is gone.
    void close() noexcept;

private:
    std::shared_ptr<call::CallLedger> ledger_;
    std::vector<int> listeners_;
    std::vector<std::string> names_;
};

}  // namespace volley::app
