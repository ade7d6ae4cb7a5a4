#include "site/rule_options.h"

#include <array>

namespace edgewise::site {
namespace {

constexpr std::array kOptions = std::to_array<Option>({
    {"", "drift_days", "number", "days", "7", "> 0", "Features are compared with the model's reference profile over so many days."},
    {"", "most_ahead_minutes", "number", "minutes", "15", ">= 0",
     "Live, a request may be so far ahead of the clock; a replay has no limit."},
    {"label", "model", "text", "", "", "", "The model whose requests get labels."},
    {"label", "key", "texts", "", "", "fields of the request", "These fields together name one thing, in the request and in the streams."},
    {"label", "stream", "text", "", "", "a declared stream", "A record of this stream says how it went."},
    {"label", "field", "text", "", "", "a field of the stream", "The number that decides the label."},
    {"label", "above", "number", "of the field", "0", "", "The label is 1 when the number is greater than this."},
    {"label", "never_streams", "texts", "", "", "declared streams", "A record of these means that no label will come."},
    {"label", "due", "text", "", "", "a time of the request", "From this moment on a label is awaited."},
    {"label", "never_after_hours", "number", "hours", "72", ">= 0", "So long after it was due nobody waits any more."},
    {"disruption", "key", "texts", "", "", "fields of the streams", "These fields together name one flight, order or job."},
    {"disruption", "due_stream", "text", "", "", "a declared stream", "Says what is planned."},
    {"disruption", "due_field", "text", "", "", "a time of due_stream", "When it is planned."},
    {"disruption", "started_stream", "text", "", "", "a declared stream", "Says that it has begun."},
    {"disruption", "lateness_field", "text", "minutes", "", "a number of started_stream", "How late it began."},
    {"disruption", "cancelled_stream", "text", "", "", "a declared stream", "Says that it will not happen: counts as late by the cap."},
    {"disruption", "mad_floor", "number", "minutes", "8", "> 0", "The least spread that lateness is compared with."},
    {"disruption", "alarm", "number", "", "6.9", "> 0", "From this robust z on an hour is disrupted."},
    {"disruption", "cap", "number", "minutes", "180", "> 0", "Greater lateness counts as this."},
    {"disruption", "least_due", "number", "things due", "35", ">= 1", "Hours with fewer things due are not judged."},
    {"insight", "flight", "text", "", "", "a field of the request", "Shown as the worst row's flight, as the policy lets it out."},
    {"insight", "tail", "text", "", "", "a field of the request", "Shown as its tail, likewise."},
    {"insight", "dest", "text", "", "", "a field of the request", "Shown as its destination, likewise."},
    {"insight", "note", "text", "", "", "a field of the request", "Its note, likewise."},
});

}  // namespace

std::span<const Option> RuleOptions() { return kOptions; }

}  // namespace edgewise::site
