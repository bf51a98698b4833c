// The scopes of names, and the check that every name of a file is known.
#include <algorithm>
#include <functional>
#include <set>

#include "scenario/template.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {

void Variables::pop() noexcept {
    if (!scopes_.empty()) scopes_.pop_back();
}

const std::string* Variables::find(std::string_view name) const noexcept {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
        if (const auto at = scope->find(name); at != scope->end()) return &at->second;
    return nullptr;
}

const std::string* Variables::find_env(std::string_view name) const noexcept {
    const auto at = env_.find(name);
    return at == env_.end() ? nullptr : &at->second;
}

std::vector<std::string> Variables::names() const {
    std::set<std::string> all;
    for (const auto& scope : scopes_)
        for (const auto& [name, value] : scope) all.insert(name);
    return {all.begin(), all.end()};
}

void Variables::mark_text(std::string name) { text_names_.insert(std::move(name)); }

bool Variables::is_text(std::string_view name) const noexcept { return text_names_.contains(name); }

void Variables::mark_number(std::string name) { number_names_.insert(std::move(name)); }

bool Variables::is_number(std::string_view name) const noexcept { return number_names_.contains(name); }

void Variables::add_secret(std::string_view value) {
    if (value.size() < 4 || std::find(secrets_.begin(), secrets_.end(), value) != secrets_.end()) return;
    const auto shorter =
        std::find_if(secrets_.begin(), secrets_.end(), [&](const std::string& s) { return s.size() < value.size(); });
    secrets_.emplace(shorter, value);  // longest first, so that a secret within another does not uncover the rest of it
}

namespace {

using Visit = std::function<void(const Value&)>;

void visit_json(const JsonNode& node, const Visit& visit) {
    if (const auto* value = std::get_if<Value>(&node.node)) visit(*value);
    if (const auto* object = std::get_if<JsonObject>(&node.node))
        for (const auto& [key, member] : *object) {
            visit(key);
            visit_json(member, visit);
        }
    if (const auto* array = std::get_if<JsonArray>(&node.node))
        for (const auto& item : *array) visit_json(item, visit);
}

void visit_pairs(const std::vector<std::pair<std::string, Value>>& pairs, const Visit& visit) {
    for (const auto& [name, value] : pairs) visit(value);
}

/// Every scalar that is expanded while a server is known, what requests are made of aside.
void visit_run_values(const Scenario& s, const Visit& visit) {
    if (s.config.target) visit(*s.config.target);
    if (s.config.tls_ca) visit(*s.config.tls_ca);
    for (const auto& body : s.scenarios)
        for (const auto& step : body.steps) {
            for (const auto& check : step.checks) visit(check.value);
            if (!step.call) continue;
            for (const auto& server : step.call->ice_servers) visit(server);
            visit(step.call->label);
            visit(step.call->protocol);
        }
}

/// Every scalar that requests are made of.
void visit_requests(const Scenario& s, const Visit& visit) {
    for (const auto& body : s.scenarios)
        for (const auto& step : body.steps) {
            visit(step.url);
            visit_pairs(step.headers, visit);
            visit_pairs(step.query, visit);
            visit_pairs(step.form, visit);
            if (step.json) visit_json(*step.json, visit);
            if (step.body) visit(*step.body);
        }
}

/// Every scalar that is expanded to start a server.
void visit_server_values(const Scenario& s, const Visit& visit) {
    for (const auto& server : s.servers) {
        visit(server.builtin);
        for (const auto& word : server.command) visit(word);
        if (server.cwd) visit(*server.cwd);
        visit_pairs(server.env, visit);
        if (server.ready) {
            visit(server.ready->get);
            visit(server.ready->log);
        }
        visit(server.url);
    }
}

void collect_references(const Value& value, std::vector<TemplateRef>& out) {
    if (!value.has_template) return;
    auto parsed = parse_template(value.text);
    if (auto* parts = std::get_if<std::vector<TemplatePart>>(&parsed))
        for (auto& part : *parts)
            if (auto* ref = std::get_if<TemplateRef>(&part)) out.push_back(std::move(*ref));
}

}  // namespace

std::vector<SourceError> resolve_variables(const Scenario& scenario, const Variables::Scope& env,
                                           const Variables::Scope& overrides, Variables& out) {
    std::vector<SourceError> errors;
    Variables known(env);
    std::vector<TemplateRef> references;
    const auto take_error = [&](std::variant<std::string, SourceError>& result) {
        auto* bad = std::get_if<SourceError>(&result);
        if (bad) errors.push_back(std::move(*bad));
        return bad != nullptr;
    };

    Variables::Scope declared;
    for (const auto& [name, value] : scenario.variables) {
        collect_references(value, references);
        const auto typed = only_reference(value.text);
        if ((value.quoted && !typed) || (typed && (typed->as_string || (!typed->from_env && known.is_text(typed->name)))))
            known.mark_text(name);
        if (const auto given = overrides.find(name); given != overrides.end()) {
            declared[name] = given->second;
        } else {
            auto result = expand(value, known, scenario);
            // A name that is defined further down is no typing mistake.
            if (auto* bad = std::get_if<SourceError>(&result); bad && typed)
                for (const auto& [later, unused] : scenario.variables)
                    if (later == typed->name && bad->text.starts_with("undefined")) {
                        bad->text = in_quotes(later) + " is used before it is defined";
                        bad->hint = "move it up";
                    }
            if (take_error(result))
                declared[name] = "";  // defined all the same, so that one mistake is one error
            else
                declared[name] = std::get<std::string>(std::move(result));
        }
        known.push({{name, declared[name]}});
    }

    Variables result(env);
    for (const auto& [name, value] : scenario.variables)
        if (known.is_text(name)) result.mark_text(name);
    result.push(std::move(declared));
    result.push(overrides);

    // Names of the run get a stand-in here: only whether they exist can be known yet.
    Variables trial = result;
    const auto attempt = [&](const Value& value) {
        if (!value.has_template) return;
        collect_references(value, references);
        auto expanded = expand(value, trial, scenario);
        take_error(expanded);
    };
    trial.push({{"server.name", "0"}});
    for (const auto& output : scenario.outputs) attempt(output.path);
    Variables::Scope of_run;
    for (const auto name : run_names) of_run.emplace(name, "0");
    trial.push(of_run);
    visit_run_values(scenario, attempt);
    Variables::Scope of_request;
    for (const auto name : request_names) of_request.emplace(name, "0");
    trial.push(std::move(of_request));
    visit_requests(scenario, attempt);
    trial.pop();
    for (const auto name : server_names) of_run.emplace(name, "0");
    trial.push(of_run);
    visit_server_values(scenario, attempt);

    std::set<std::string> used;
    for (const auto& ref : references) {
        if (!ref.from_env)
            used.insert(ref.name);
        else if (const auto* secret = result.find_env(ref.name))
            result.add_secret(*secret);
    }
    for (const auto& [name, value] : overrides) {
        if (std::ranges::find(request_names, name) != request_names.end()) {
            errors.push_back(error_at(scenario, {}, "the name " + in_quotes(name) + " of -e is taken",
                                      "it stands for a number that differs from one request to the next"));
            continue;
        }
        const auto is_it = [&wanted = name](const auto& variable) { return variable.first == wanted; };
        const bool declares = std::any_of(scenario.variables.begin(), scenario.variables.end(), is_it);
        if (declares || used.contains(name) || scenario.names_used_at_load.contains(name)) continue;
        std::vector<std::string> candidates(used.begin(), used.end());
        for (const auto& [other, unused] : scenario.variables) candidates.push_back(other);
        std::sort(candidates.begin(), candidates.end());
        candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
        errors.push_back(error_at(scenario, {}, "nothing in this scenario uses the variable " + in_quotes(name) + " of -e",
                                  suggest(name, candidates, "variables here")));
    }
    std::stable_sort(errors.begin(), errors.end(), [](const SourceError& a, const SourceError& b) { return a.pos < b.pos; });
    out = std::move(result);
    return errors;
}

}  // namespace volley::scenario
