// What a browser is told while the application file is broken.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <volley/error.hpp>

#include "app/views.hpp"

namespace volley::app {

/// A banner that HTML answers begin with; empty while all is well. Thread safety: any thread, since views run on several.
class Notice {
public:
    void set(std::string html) {
        const std::scoped_lock lock(mutex_);
        html_ = std::move(html);
    }
    [[nodiscard]] std::string get() const {
        const std::scoped_lock lock(mutex_);
        return html_;
    }

private:
    mutable std::mutex mutex_;
    std::string html_;
};

/// The errors of a file as a banner. Every byte of them is escaped.
[[nodiscard]] std::string banner_of(const std::vector<SourceError>& errors);

/// Puts the banner, while there is one, into the HTML that a view answers: behind `<body>`, or else behind the doctype.
[[nodiscard]] Answer with_notice(Answer view, std::shared_ptr<const Notice> notice);

}  // namespace volley::app
