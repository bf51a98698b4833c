// A candidate, its priority and its line in an SDP. Source: RFC 8445 section 5.1, RFC 8839 section 5.1, RFC 6544 section 4.5 (TCP).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <volley/error.hpp>

#include "base/endpoint.hpp"

namespace volley::proto::ice {

enum class CandidateErrc {
    not_a_candidate = 1,  ///< no `candidate:`, or too few words behind it
    bad_foundation,       ///< empty, over 32 characters, or others than letters, digits, + and /
    bad_component,        ///< not 1 to 256
    bad_priority,         ///< not 1 to 2^31 - 1
    bad_address,          ///< neither an address nor a name
    bad_port,
    bad_type,  ///< not host, srflx, prflx or relay
    bad_extension,
    too_long,  ///< over 1,024 bytes
};
[[nodiscard]] const boost::system::error_category& candidate_category() noexcept;
inline error_code make_error_code(CandidateErrc e) noexcept { return {static_cast<int>(e), candidate_category()}; }

enum class CandidateType : std::uint8_t { host, server_reflexive, peer_reflexive, relayed };
/// `host`, `srflx`, `prflx`, `relay`.
[[nodiscard]] std::string_view to_string(CandidateType type) noexcept;

struct Candidate {
    std::string foundation;
    int component = 1;
    /// In lower case: `udp`, `tcp`, or another word, which is kept and printed.
    std::string transport = "udp";
    std::uint32_t priority = 0;
    Endpoint endpoint;  ///< where `name` is set, the port alone means something
    /// A host name in the place of an address, such as those under .local that hide it. Never resolved here.
    std::string name;
    CandidateType type = CandidateType::host;
    std::optional<Endpoint> related;  ///< raddr and rport
    std::string tcp_type;             ///< `active`, `passive` or `so`; TCP alone
    std::string ufrag;                ///< of the generation that it belongs to (RFC 8838 section 13 has it so); may be empty
    bool operator==(const Candidate&) const = default;
};

/// Reads `candidate:...`, also behind `a=`, and with blanks or a line end behind it. Names of extensions that mean nothing here
/// (generation, network-id, ...) are passed over. A related address that is none, such as a name, is left out: it is for people.
/// Errors: CandidateErrc. Throws: nothing but std::bad_alloc.
[[nodiscard]] Result<Candidate> parse_candidate(std::string_view line);

/// `candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host`, without `a=` and line end.
[[nodiscard]] std::string to_line(const Candidate& candidate);

/// RFC 8445 section 5.1.2.1 with the recommended type preferences 126, 110, 100 and 0.
/// @param local_preference  of the address among ours, highest best; two addresses never have the same.
[[nodiscard]] constexpr std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference,
                                                         int component = 1) noexcept {
    constexpr std::uint32_t preferences[]{126, 100, 110, 0};
    return preferences[static_cast<std::size_t>(type)] << 24 | std::uint32_t{local_preference} << 8 |
           static_cast<std::uint32_t>(256 - component);
}

/// RFC 8445 section 6.1.2.3. @param controlling  the priority that the controlling agent's candidate has.
[[nodiscard]] constexpr std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled) noexcept {
    const std::uint64_t low = controlling < controlled ? controlling : controlled;
    const std::uint64_t high = controlling < controlled ? controlled : controlling;
    return (low << 32) + 2 * high + (controlling > controlled ? 1 : 0);
}

}  // namespace volley::proto::ice

template <>
struct boost::system::is_error_code_enum<volley::proto::ice::CandidateErrc> : std::true_type {};
