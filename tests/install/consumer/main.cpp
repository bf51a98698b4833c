#include <iostream>
#include <volley/http/url.hpp>

int main() {
    const auto url = volley::http::parse_url(":8000/offer");
    if (!url) return 1;
    std::cout << url->to_string() << '\n';
}
