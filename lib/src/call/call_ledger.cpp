#include "call/call_ledger.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <new>
#include <system_error>

#include <pthread.h>
#include <sys/mman.h>

namespace volley::call {
namespace {

/// Whom a limit is for: who has one IPv6 address has 2^64 of them.
[[nodiscard]] IpAddress signaller(const IpAddress& address) {
    if (address.is_v4()) return address;
    std::array<std::uint8_t, 16> bytes{};
    std::copy_n(address.bytes().begin(), 8, bytes.begin());
    return *IpAddress::from_bytes(bytes);
}

}  // namespace

struct CallLedger::Address {
    IpAddress address;
    std::uint32_t calls;
};

struct CallLedger::Shared {
    pthread_mutex_t mutex;
    std::size_t calls;
    std::size_t addresses;
    std::array<std::atomic<std::uint32_t>, most_processes> calls_of;
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "a lock of one process does not hold in another");

/// A process that dies with the lock leaves it to the next one.
class CallLedger::Lock {
public:
    explicit Lock(Shared& shared) noexcept : mutex_(shared.mutex) {
        if (::pthread_mutex_lock(&mutex_) == EOWNERDEAD) ::pthread_mutex_consistent(&mutex_);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock() { ::pthread_mutex_unlock(&mutex_); }

private:
    pthread_mutex_t& mutex_;
};

CallLedger::CallLedger(Limits limits) : limits_(limits), bytes_(sizeof(Shared) + limits.calls * sizeof(Address)) {
    static_assert(alignof(Address) <= alignof(Shared));
    void* const memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "memory for counting calls");
    shared_ = new (memory) Shared{};
    addresses_ = reinterpret_cast<Address*>(shared_ + 1);
    pthread_mutexattr_t kind;
    ::pthread_mutexattr_init(&kind);
    ::pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(&shared_->mutex, &kind);
    ::pthread_mutexattr_destroy(&kind);
}

// The mutex is not destroyed: others may have it still.
CallLedger::~CallLedger() { ::munmap(shared_, bytes_); }

CallLedger::Address* CallLedger::find(const IpAddress& address) const noexcept {
    Address* const end = addresses_ + shared_->addresses;
    Address* const at = std::find_if(addresses_, end, [&](const Address& one) { return one.address == address; });
    return at == end ? nullptr : at;
}

std::variant<CallLedger::Place, CallLedger::Full> CallLedger::enter(unsigned process, const IpAddress& who) {
    const IpAddress address = who.unmapped();
    std::optional<IpAddress> counted;
    if (!address.is_loopback()) counted = signaller(address);
    const Lock lock(*shared_);
    if (shared_->calls >= limits_.calls) return Full::calls;
    if (counted) {
        if (Address* const known = find(*counted)) {
            if (known->calls >= limits_.calls_per_address) return Full::calls_of_address;
            ++known->calls;
        } else {
            if (limits_.calls_per_address == 0) return Full::calls_of_address;
            new (addresses_ + shared_->addresses++) Address{*counted, 1};  // there is one for each call
        }
    }
    ++shared_->calls;
    ++shared_->calls_of[process];
    return Place(*this, process, counted);
}

void CallLedger::leave(unsigned process, const std::optional<IpAddress>& counted) noexcept {
    const Lock lock(*shared_);
    --shared_->calls;
    --shared_->calls_of[process];
    Address* const known = counted ? find(*counted) : nullptr;
    if (known != nullptr && --known->calls == 0) *known = addresses_[--shared_->addresses];
}

std::size_t CallLedger::calls_of(unsigned process) const noexcept {
    return shared_->calls_of[process].load(std::memory_order_relaxed);
}

std::size_t CallLedger::addresses() const {
    const Lock lock(*shared_);
    return shared_->addresses;
}

}  // namespace volley::call
