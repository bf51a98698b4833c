#include "app/reload.hpp"

#include <fmt/format.h>

#include <volley/view/sync.hpp>

namespace volley::app {
namespace asio = boost::asio;
namespace {

/// What is the whole server's, and taken when it starts.
std::vector<std::string> text_of(const appfile::Application& application) {
    std::vector<std::string> out;
    for (const auto& setting : application.settings) out.push_back(setting.name + '=' + setting.value.text);
    out.push_back(fmt::format("stall={}", appfile::stall_of(application).count()));
    out.push_back(fmt::format("backlog={}", appfile::backlog_of(application)));
    return out;
}

}  // namespace

Reloader::Reloader(server::Server& server, asio::any_io_executor executor, const Built& first, std::shared_ptr<Notice> notice,
                   std::function<void(std::string_view)> say)
    : server_(server),
      watch_(std::move(executor)),
      file_(first.application.file),
      fingerprint_(first.fingerprint),
      settings_(text_of(first.application)),
      self_(first.self),
      calls_(first.calls),
      notice_(std::move(notice)),
      say_(std::move(say)) {
    watch(first);
}

bool Reloader::watch(const Built& built) {
    // Each time anew: a folder may have been replaced by another of its name.
    if (const error_code ec = watch_.set_files(built.watched)) say_(fmt::format("cannot watch all files: {}\n", ec.message()));
    const bool others = built.watched != watched_;
    watched_ = built.watched;
    return others;
}

asio::awaitable<void> Reloader::run() {
    for (;;) {
        // What changed between reading a file and watching it would never be noticed: so it is read once more.
        for (bool again = true; again;) {
            auto build = [file = file_, gauge = server_.routes().gauge(), notice = notice_, self = self_, calls = calls_] {
                return build_application(file, gauge, notice, self, calls);
            };
            Built built = co_await view::sync_to_async(std::move(build), view::Thread::pool);
            again = watch(built);
            take(std::move(built));
        }
        co_await watch_.wait();
    }
}

void Reloader::take(Built built) {
    // The same text again, or a folder that came back: files are read and folders opened anew, but nothing is said twice.
    const bool same = built.fingerprint == fingerprint_;
    fingerprint_ = built.fingerprint;
    if (!built.errors.empty()) {
        const bool said = same && !notice_->get().empty();
        notice_->set(banner_of(built.errors));
        if (said) return;
        std::string text;
        for (const SourceError& e : built.errors) text += format_source_error(e);
        say_(text + file_ + " has errors; what answers is as it was before\n");
        return;
    }
    const bool was_broken = !notice_->get().empty();
    notice_->set({});
    const std::size_t n = built.table.size();
    server_.set_routes(std::move(built.routes));
    if (!same || was_broken) say_(fmt::format("reloaded {}: {} {}\n", file_, n, n == 1 ? "route" : "routes"));
    auto settings = text_of(built.application);
    if (settings != settings_)
        say_(
            "the settings, or the faults `stall` and `backlog`, have changed: they take effect when the server is started again\n");
    settings_ = std::move(settings);
}

}  // namespace volley::app
