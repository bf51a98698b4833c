#include "process/log_ring.hpp"

#include <algorithm>

namespace volley::process {

void LogRing::add(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto piece = bytes.substr(0, end);
        open_.append(piece.substr(0, max_line - std::min(max_line, open_.size())));
        look();
        if (end == std::string_view::npos) return;
        finish();
        bytes.remove_prefix(end + 1);
    }
}

void LogRing::look() {
    if (!seen_ && !wanted_.empty() && open_.find(wanted_) != std::string::npos) seen_ = true;
}

void LogRing::finish() {
    if (!open_.empty() && open_.back() == '\r') open_.pop_back();
    if (lines_.size() == max_lines) lines_.pop_front();
    lines_.push_back(std::move(open_));
    open_.clear();
}

std::vector<std::string> LogRing::lines() const {
    std::vector<std::string> out(lines_.begin(), lines_.end());
    if (!open_.empty()) out.push_back(open_);
    if (out.size() > max_lines) out.erase(out.begin());
    return out;
}

}  // namespace volley::process
