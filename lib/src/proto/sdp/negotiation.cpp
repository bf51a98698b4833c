#include "proto/sdp/negotiation.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "proto/sdp/codecs.hpp"

namespace volley::proto::sdp {
namespace {

constexpr std::string_view offer_name = "the offer";
constexpr std::string_view answer_name = "the answer";

SourceError error_at(std::string_view what, int line, std::string text, std::string hint = {}) {
    return {std::string(what), {line, line > 0 ? 1 : 0}, std::move(text), std::move(hint), {}};
}

std::string name_of(const Session& session, std::size_t section) {
    const Media& media = session.media[section];
    const std::string mid = media.mid.empty() ? "" : " with mid " + in_quotes(media.mid);
    return fmt::format("section {} ({}{})", section + 1, media.line.kind, mid);
}

// --- writing ---------------------------------------------------------------------------------------------------------

void write_transport(const LocalTransport& transport, Setup setup, bool with_candidates, Media& media) {
    media.line.port = transport.port;
    media.connection = transport.connection;
    media.ice = transport.ice;
    media.ice_options = transport.ice_options;
    media.fingerprints = transport.fingerprints;
    media.setup = setup;
    if (!with_candidates) return;
    media.candidates = transport.candidates;
    media.end_of_candidates = transport.end_of_candidates;
}

void write_sources(const LocalMedia& local, Media& media) {
    if (!sends(media.direction)) return;
    media.msids = local.msids;
    media.ssrc_groups = local.ssrc_groups;
    media.ssrcs = local.ssrcs;
}

/// Sources that resend (RFC 4588) have nothing to send where the peer takes no format of theirs: they are not announced.
void leave_out_resending(Media& media) {
    constexpr std::string_view flow_identification = "FID";
    for (const SsrcGroup& group : media.ssrc_groups) {
        if (group.semantics != flow_identification || group.ssrcs.empty()) continue;
        const auto resending = group.ssrcs.begin() + 1;
        std::erase_if(media.ssrcs, [&](const SsrcAttribute& attribute) {
            return std::find(resending, group.ssrcs.end(), attribute.ssrc) != group.ssrcs.end();
        });
    }
    std::erase_if(media.ssrc_groups, [&](const SsrcGroup& group) { return group.semantics == flow_identification; });
}

Media offered_media(const LocalMedia& local) {
    Media media;
    media.line = {local.kind, 9, 1, "UDP/TLS/RTP/SAVPF", {}};
    for (const Codec& codec : local.codecs) media.line.formats.push_back(std::to_string(codec.payload_type));
    media.direction = local.direction;
    media.rtcp_mux = true;
    media.rtcp_rsize = true;
    media.codecs = local.codecs;
    media.extensions = local.extensions;
    write_sources(local, media);
    return media;
}

Media offered_data(const LocalData& local) {
    Media media;
    media.line = {"application", 9, 1, "UDP/DTLS/SCTP", {"webrtc-datachannel"}};
    media.sctp_port = local.sctp_port;
    media.max_message_size = local.max_message_size;
    return media;
}

// In the form that the offer uses.
Media answered_data(const Media& offered, const LocalData& local) {
    Media media;
    media.line = {offered.line.kind, 9, 1, offered.line.protocol, offered.line.formats};
    if (offered.has_old_data_form()) {
        media.line.formats = {std::to_string(local.sctp_port)};
        media.sctp_map =
            SctpMap{local.sctp_port, "webrtc-datachannel", offered.sctp_map ? offered.sctp_map->streams : SctpMap().streams};
        media.max_message_size = local.max_message_size;
        return media;
    }
    media.line.formats = {"webrtc-datachannel"};
    media.sctp_port = local.sctp_port;
    media.max_message_size = local.max_message_size;
    return media;
}

Media answered_media(const Media& offered, const LocalMedia& local, const AgreedMedia& agreed) {
    Media media;
    media.line = {offered.line.kind, 9, 1, offered.line.protocol, {}};
    for (const Codec& codec : agreed.codecs) media.line.formats.push_back(std::to_string(codec.payload_type));
    media.direction = agreed.direction;
    media.rtcp_mux = true;
    media.rtcp_rsize = offered.rtcp_rsize;
    media.codecs = agreed.codecs;
    media.extensions = agreed.extensions;
    write_sources(local, media);
    const bool resends = std::any_of(media.codecs.begin(), media.codecs.end(),
                                     [](const Codec& codec) { return parameter(codec.parameters, "apt").has_value(); });
    if (!resends) leave_out_resending(media);
    return media;
}

// A codec that needs no other one.
const Codec* lone_codec(const Media& media) noexcept {
    const auto found =
        std::find_if(media.codecs.begin(), media.codecs.end(), [](const Codec& codec) { return !carries_another(codec); });
    return found == media.codecs.end() ? nullptr : &*found;
}

Media idle_media(const Media& offered) {
    Media media;
    const Codec& codec = *lone_codec(offered);
    media.line = {offered.line.kind, 9, 1, offered.line.protocol, {std::to_string(codec.payload_type)}};
    media.direction = Direction::inactive;
    media.rtcp_mux = true;
    media.codecs = {{codec.payload_type, codec.name, codec.clock_rate, codec.channels, codec.parameters, {}}};
    return media;
}

// RFC 9429 section 5.3.1: port 0, the rest as far as it must stand there.
Media refused_section(const Media& offered) {
    Media media;
    media.line = offered.line;
    media.line.port = 0;
    media.line.ports = 1;
    media.mid = offered.mid;
    media.direction = Direction::inactive;
    return media;
}

// --- what is agreed on -----------------------------------------------------------------------------------------------

AgreedData agree_on_data(const Session& remote, std::size_t section, std::uint16_t local_port) {
    const Media& media = remote.media[section];
    return {section, media.mid, local_port, media.effective_sctp_port(),
            media.max_message_size.value_or(default_max_message_size)};
}

// What both directions leave, as this side sees it.
Direction common_direction(Direction local, Direction remote) noexcept {
    return direction_of(sends(local) && receives(remote), receives(local) && sends(remote));
}

AgreedMedia agree_on_media(const Session& remote, std::size_t section, Direction direction, const std::vector<Codec>& codecs,
                           const std::vector<HeaderExtension>& extensions) {
    const Media& media = remote.media[section];
    return {section,
            media.line.kind,
            media.mid,
            common_direction(direction, media.direction),
            shared_codecs(media, codecs),
            shared_extensions(remote, media, extensions),
            media.msids,
            media.ssrc_groups,
            media.ssrcs};
}

// Takes over what the section that stands for the transport says of it. `words`: where those of the transport stand, usually there too.
std::optional<SourceError> take_transport(const Session& remote, std::string_view what, std::size_t section, std::size_t words,
                                          Agreed& agreed) {
    const Media& media = remote.media[section];
    const Media& source = remote.media[words];
    if (!source.ice)
        return error_at(what, media.where.media, name_of(remote, section) + " has no ice-ufrag and ice-pwd",
                        "WebRTC needs ICE: let the peer write them");
    agreed.section = section;
    agreed.mid = media.mid;
    agreed.remote_ice = *source.ice;
    agreed.remote_lite = remote.ice_lite;
    const auto& options = source.ice_options;
    agreed.remote_trickles = std::find(options.begin(), options.end(), "trickle") != options.end();
    agreed.candidates = source.candidates;
    agreed.end_of_candidates = source.end_of_candidates;
    std::copy_if(source.fingerprints.begin(), source.fingerprints.end(), std::back_inserter(agreed.fingerprints), is_strong);
    if (agreed.fingerprints.empty())
        return error_at(
            what, media.where.media,
            name_of(remote, section) + (source.fingerprints.empty() ? " has no fingerprint" : " has no fingerprint that is safe"),
            "one of sha-256, sha-384 or sha-512 is needed, as the certificate is known by it alone");
    return std::nullopt;
}

// --- the answer ------------------------------------------------------------------------------------------------------

class Answerer {
public:
    Answerer(const Session& offer, const Local& local) : offer_(offer), local_(local) {}

    Outcome<Answer> run() {
        for (std::size_t i = 0; i < offer_.media.size(); ++i) judge(i);
        if (!choose_transport()) return nothing_taken();
        if (auto wrong = agree_on_transport()) return std::move(*wrong);
        write();
        return std::move(out_);
    }

private:
    // What becomes of a section of the offer.
    struct Fate {
        std::string refused;                // why; empty: taken
        const LocalMedia* media = nullptr;  // what it is taken with
        bool may_idle = false;              // refused, but it could be answered as inactive
    };

    void judge(std::size_t section);
    void judge_media(const Media& media, Fate& fate);
    bool choose_transport();
    std::optional<SourceError> agree_on_transport();
    void write();
    [[nodiscard]] SourceError nothing_taken() const;

    const Session& offer_;
    const Local& local_;
    std::vector<Fate> fates_;
    std::vector<const LocalMedia*> used_;
    const Group* bundle_ = nullptr;  // that is taken
    std::size_t tagged_ = 0;         // the section whose transport is used
    std::size_t words_ = 0;          // the section that says what that transport is
    bool data_taken_ = false;
    Answer out_;
};

void Answerer::judge(std::size_t section) {
    const Media& media = offer_.media[section];
    Fate fate;
    if (media.rejected()) {
        fate.refused = "its port is 0";
    } else if (media.is_data()) {
        if (!local_.data)
            fate.refused = "data channels are not wanted";
        else if (data_taken_)
            fate.refused = "a call has one section for data channels";
        else
            data_taken_ = true;
    } else if (media.is_rtp()) {
        judge_media(media, fate);
    } else {
        fate.refused = "nothing here speaks " + in_quotes(media.line.protocol);
    }
    fates_.push_back(std::move(fate));
}

void Answerer::judge_media(const Media& media, Fate& fate) {
    fate.refused = "no " + in_quotes(media.line.kind) + " is wanted";
    for (const LocalMedia& local : local_.media) {
        if (local.kind != media.line.kind || std::find(used_.begin(), used_.end(), &local) != used_.end()) continue;
        if (!media.rtcp_mux) {
            fate.refused = "it lacks rtcp-mux";
            return;
        }
        if (shared_codecs(media, local.codecs).empty()) {
            fate.refused = "none of its codecs is known";
            continue;
        }
        fate.refused.clear();
        fate.media = &local;
        used_.push_back(&local);
        return;
    }
    fate.may_idle = local_.idle_media && media.rtcp_mux && lone_codec(media) != nullptr;
}

// One bundle, or one section that is in none. @return false where nothing is left.
bool Answerer::choose_transport() {
    const auto is_taken = [this](std::size_t i) { return fates_[i].refused.empty(); };
    std::size_t wanted = fates_.size();
    for (std::size_t i = fates_.size(); i-- > 0;)
        if (is_taken(i) && (wanted == fates_.size() || !offer_.media[wanted].is_data() || offer_.media[i].is_data())) wanted = i;
    if (wanted == fates_.size()) return false;

    std::unordered_map<std::string_view, std::size_t> sections;
    for (std::size_t i = 0; i < offer_.media.size(); ++i)
        if (!offer_.media[i].mid.empty()) sections.emplace(offer_.media[i].mid, i);
    std::vector<bool> together(fates_.size(), false);
    for (const Group& group : offer_.groups) {
        if (group.semantics != "BUNDLE") continue;
        const auto& mids = group.mids;
        if (std::find(mids.begin(), mids.end(), offer_.media[wanted].mid) == mids.end()) continue;
        bundle_ = &group;
        for (const std::string& mid : mids) together[sections.at(mid)] = true;
        break;
    }
    together[wanted] = true;
    for (std::size_t i = 0; i < fates_.size(); ++i)
        if (is_taken(i) && !together[i]) fates_[i].refused = "it is not in the bundle that is taken: there is one transport";

    tagged_ = words_ = wanted;
    if (bundle_ == nullptr) return true;
    for (std::size_t i = 0; i < fates_.size(); ++i) {
        if (is_taken(i) || !fates_[i].may_idle || !together[i]) continue;
        out_.idle.push_back({i, offer_.media[i].mid, std::move(fates_[i].refused)});
        fates_[i].refused.clear();
    }
    // RFC 9143 section 7.3.1: the first one that is taken and whose port is not 0. Where none is left but promises of the bundle, what
    // the offer's first section says of the transport holds for them.
    const std::size_t first = sections.at(bundle_->mids.front());
    std::size_t promised = fates_.size();
    for (const std::string& mid : bundle_->mids) {
        const std::size_t i = sections.at(mid);
        if (!is_taken(i)) continue;
        if (offer_.media[i].line.port != 0) {
            tagged_ = words_ = i;
            return true;
        }
        promised = std::min(promised, i);
    }
    tagged_ = promised;
    words_ = offer_.media[promised].ice ? promised : first;
    return true;
}

std::optional<SourceError> Answerer::agree_on_transport() {
    const Media& media = offer_.media[words_];
    Agreed& agreed = out_.agreed;
    // RFC 4145 section 4: an offer that says nothing is active.
    switch (media.setup.value_or(Setup::active)) {
        case Setup::actpass:
        case Setup::passive:
            agreed.dtls = DtlsRole::client;
            break;
        case Setup::active:
            agreed.dtls = DtlsRole::server;
            break;
        case Setup::holdconn:
            return error_at(offer_name, media.where.setup, "setup:holdconn wants no connection now",
                            "offer actpass, active or passive");
    }
    agreed.controlling = offer_.ice_lite;
    return take_transport(offer_, offer_name, tagged_, words_, agreed);
}

void Answerer::write() {
    Session& answer = out_.answer;
    Agreed& agreed = out_.agreed;
    answer.origin = local_.origin;
    answer.extmap_allow_mixed = offer_.extmap_allow_mixed;
    const Setup setup = agreed.dtls == DtlsRole::client ? Setup::active : Setup::passive;
    for (std::size_t i = 0; i < fates_.size(); ++i) {
        const Media& offered = offer_.media[i];
        if (!fates_[i].refused.empty()) {
            out_.refused.push_back({i, offered.mid, std::move(fates_[i].refused)});
            answer.media.push_back(refused_section(offered));
            continue;
        }
        Media media;
        if (const LocalMedia* local = fates_[i].media) {
            agreed.media.push_back(agree_on_media(offer_, i, local->direction, local->codecs, local->extensions));
            media = answered_media(offered, *local, agreed.media.back());
        } else if (offered.is_data()) {
            agreed.data = agree_on_data(offer_, i, local_.data->sctp_port);
            media = answered_data(offered, *local_.data);
        } else {
            media = idle_media(offered);
        }
        media.mid = offered.mid;
        write_transport(local_.transport, setup, i == tagged_, media);
        answer.media.push_back(std::move(media));
    }
    if (bundle_ == nullptr) return;
    // The tagged section first, then in the offer's order (RFC 9143 section 7.3.3).
    Group group{"BUNDLE", {offer_.media[tagged_].mid}};
    for (const std::string& mid : bundle_->mids)
        for (std::size_t i = 0; i < answer.media.size(); ++i)
            if (i != tagged_ && answer.media[i].mid == mid && answer.media[i].line.port != 0) group.mids.push_back(mid);
    answer.groups.push_back(std::move(group));
}

SourceError Answerer::nothing_taken() const {
    if (offer_.media.empty()) return error_at(offer_name, 0, "it has no media section", "offer a data channel or a track");
    const Media& first = offer_.media.front();
    std::string text = fmt::format("{}: {}", name_of(offer_, 0), fates_[0].refused);
    if (fates_.size() > 1) text += fmt::format("; nor can one of the other {} be taken", fates_.size() - 1);
    return error_at(offer_name, first.where.media, std::move(text),
                    local_.data ? "a data channel is taken: m=application 9 UDP/DTLS/SCTP webrtc-datachannel" : "");
}

// --- the answer to our offer -----------------------------------------------------------------------------------------

class Applier {
public:
    Applier(const Session& offer, const Session& answer) : offer_(offer), answer_(answer) {}

    Outcome<Agreed> run() {
        if (answer_.media.size() != offer_.media.size())
            return error_at(
                answer_name, answer_.media.empty() ? 0 : answer_.media.back().where.media,
                fmt::format("it has {} media sections where the offer has {}", answer_.media.size(), offer_.media.size()),
                "an answer holds each section of the offer, in its order; those not wanted with port 0");
        for (std::size_t i = 0; i < answer_.media.size(); ++i)
            if (auto wrong = match(i)) return std::move(*wrong);
        if (auto wrong = find_transport()) return std::move(*wrong);
        if (auto wrong = agree()) return std::move(*wrong);
        return std::move(out_);
    }

private:
    std::optional<SourceError> match(std::size_t section) const;
    std::optional<SourceError> find_transport();
    std::optional<SourceError> check_bundle(const Group& group) const;
    std::optional<SourceError> agree();

    const Session& offer_;
    const Session& answer_;
    std::size_t tagged_ = 0;
    Agreed out_;
};

std::optional<SourceError> Applier::match(std::size_t section) const {
    const Media& offered = offer_.media[section];
    const Media& answered = answer_.media[section];
    const int line = answered.where.media;
    if (answered.line.kind != offered.line.kind)
        return error_at(answer_name, line, fmt::format("{} answers one of {}", name_of(answer_, section), offered.line.kind),
                        "an answer holds each section of the offer, in its order");
    const bool other_mid = !answered.mid.empty() && !offered.mid.empty() && answered.mid != offered.mid;
    if (other_mid)
        return error_at(answer_name, answered.where.mid,
                        fmt::format("{} answers the one with mid {}", name_of(answer_, section), in_quotes(offered.mid)),
                        "the mids of an answer are those of the offer");
    // Whoever refuses a section may write what it likes there.
    if (answered.rejected()) return std::nullopt;
    if (offered.rejected())
        return error_at(answer_name, line, name_of(answer_, section) + " was not offered", "its port must be 0");
    if (answered.is_data() != offered.is_data() || answered.is_rtp() != offered.is_rtp())
        return error_at(answer_name, line,
                        fmt::format("{} speaks {} where {} was offered", name_of(answer_, section),
                                    in_quotes(answered.line.protocol), offered.line.protocol),
                        "an answer has the offer's protocol");
    if (answered.is_rtp() && !answered.rtcp_mux)
        return error_at(answer_name, line, name_of(answer_, section) + " lacks rtcp-mux", "RTP and RTCP share one port here");
    return std::nullopt;
}

// RFC 9143 section 7.4: the answer's bundle holds sections of the offer's, none of them refused.
std::optional<SourceError> Applier::check_bundle(const Group& group) const {
    const auto offered =
        std::find_if(offer_.groups.begin(), offer_.groups.end(), [](const Group& g) { return g.semantics == "BUNDLE"; });
    for (const std::string& mid : group.mids) {
        if (offered == offer_.groups.end() || std::find(offered->mids.begin(), offered->mids.end(), mid) == offered->mids.end())
            return error_at(answer_name, answer_.group_line,
                            "it bundles " + in_quotes(mid) + ", which was not offered in a bundle");
    }
    return std::nullopt;
}

std::optional<SourceError> Applier::find_transport() {
    const auto bundle = std::find_if(answer_.groups.begin(), answer_.groups.end(),
                                     [](const Group& g) { return g.semantics == "BUNDLE" && !g.mids.empty(); });
    const bool bundled = bundle != answer_.groups.end();
    if (bundled)
        if (auto wrong = check_bundle(*bundle)) return wrong;
    std::size_t taken = answer_.media.size();
    for (std::size_t i = 0; i < answer_.media.size(); ++i) {
        const Media& media = answer_.media[i];
        if (media.rejected()) continue;
        const bool inside = bundled && std::find(bundle->mids.begin(), bundle->mids.end(), media.mid) != bundle->mids.end();
        if (taken != answer_.media.size() && !inside)
            return error_at(answer_name, media.where.media, name_of(answer_, i) + " is not in a bundle with the others",
                            "all sections share one transport here: answer with a=group:BUNDLE");
        if (taken == answer_.media.size()) {
            taken = i;
            if (bundled && !inside)  // then no other one may be
                for (std::size_t k = i + 1; k < answer_.media.size(); ++k)
                    if (!answer_.media[k].rejected())
                        return error_at(answer_name, media.where.media,
                                        name_of(answer_, i) + " is not in a bundle with the others",
                                        "all sections share one transport here: answer with a=group:BUNDLE");
        }
        if (inside && media.mid == bundle->mids.front()) tagged_ = i;
    }
    if (taken == answer_.media.size())
        return error_at(answer_name, answer_.media.empty() ? 0 : answer_.media.front().where.media,
                        "it refuses everything that was offered", "does the server speak data channels?");
    const bool taken_inside =
        bundled && std::find(bundle->mids.begin(), bundle->mids.end(), answer_.media[taken].mid) != bundle->mids.end();
    if (!taken_inside) {
        tagged_ = taken;
        return std::nullopt;
    }
    if (answer_.media[tagged_].mid != bundle->mids.front() || answer_.media[tagged_].rejected())
        return error_at(answer_name, answer_.group_line,
                        "its bundle begins with " + in_quotes(bundle->mids.front()) + ", which it refuses",
                        "the first section of a bundle stands for its transport");
    return std::nullopt;
}

std::optional<SourceError> Applier::agree() {
    const Media& media = answer_.media[tagged_];
    // A promise of the bundle says nothing itself: what the bundle's first section says holds.
    std::optional<Setup> said = offer_.media[tagged_].setup;
    for (const Media& other : offer_.media)
        if (!said && offer_.media[tagged_].bundle_only) said = other.setup;
    const Setup offered = said.value_or(Setup::active);
    // RFC 4145 section 4: an answer that says nothing is passive.
    const Setup answered = media.setup.value_or(Setup::passive);
    const bool fits =
        (answered == Setup::active && offered != Setup::active) || (answered == Setup::passive && offered != Setup::passive);
    if (!fits)
        return error_at(answer_name, media.where.setup,
                        fmt::format("setup:{} is no answer to setup:{}", to_text(answered), to_text(offered)),
                        "the answer chooses: active or passive");
    out_.dtls = answered == Setup::active ? DtlsRole::server : DtlsRole::client;
    out_.controlling = true;
    if (auto wrong = take_transport(answer_, answer_name, tagged_, tagged_, out_)) return wrong;
    std::optional<std::size_t> useless;  // the first that no codec is shared of
    for (std::size_t i = 0; i < answer_.media.size(); ++i) {
        const Media& ours = offer_.media[i];
        if (answer_.media[i].rejected()) continue;
        if (ours.is_data()) {
            out_.data = agree_on_data(answer_, i, ours.effective_sctp_port());
            if (out_.data->mid.empty()) out_.data->mid = ours.mid;
            continue;
        }
        AgreedMedia agreed = agree_on_media(answer_, i, ours.direction, ours.codecs, ours.extensions);
        if (agreed.mid.empty()) agreed.mid = ours.mid;
        if (agreed.codecs.empty()) {
            // Nothing can flow there, but all else can.
            if (!useless) useless = i;
            agreed.direction = Direction::inactive;
        }
        out_.media.push_back(std::move(agreed));
    }
    const bool any_media = std::any_of(out_.media.begin(), out_.media.end(), [](const auto& one) { return !one.codecs.empty(); });
    if (useless && !out_.data && !any_media)
        return error_at(answer_name, answer_.media[*useless].where.media,
                        name_of(answer_, *useless) + " names no codec that was offered", "an answer chooses among the offer's");
    if (out_.mid.empty()) out_.mid = offer_.media[tagged_].mid;
    return std::nullopt;
}

}  // namespace

Session create_offer(const Local& local) {
    Session offer;
    offer.origin = local.origin;
    for (const LocalMedia& media : local.media) offer.media.push_back(offered_media(media));
    if (local.data) offer.media.push_back(offered_data(*local.data));
    if (!local.media.empty()) offer.extmap_allow_mixed = true;
    Group group{"BUNDLE", {}};
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        Media& media = offer.media[i];
        media.mid = std::to_string(i);
        group.mids.push_back(media.mid);
        write_transport(local.transport, Setup::actpass, true, media);
    }
    if (!group.mids.empty()) offer.groups.push_back(std::move(group));
    return offer;
}

Outcome<Answer> create_answer(const Session& offer, const Local& local) { return Answerer(offer, local).run(); }

Outcome<Agreed> apply_answer(const Session& offer, const Session& answer) { return Applier(offer, answer).run(); }

}  // namespace volley::proto::sdp
