#include "configuration_options.h"

#include <array>

namespace edgewise {
namespace {

constexpr std::array kOptions = std::to_array<Option>({
    {"", "state", "path", "", "", "", "Everything that is written goes below this folder; one process at a time holds it."},
    {"", "store", "text", "", "store, in the state folder", "a folder, https://ACCOUNT.blob.core.windows.net/CONTAINER",
     "Where what may leave goes; a container's signature (SAS) is in the environment's EDGEWISE_STORE_SAS."},
    {"", "features", "path", "", "", "", "The streams, the request and the features (docs/formats/features.md)."},
    {"", "rules", "path", "", "", "", "Labels, disruptions and insights: the rules file, below."},
    {"", "policy", "path", "", "", "", "What may leave a site (docs/formats/policy.md)."},
    {"", "pages", "path", "", "web, beside the program's folder", "", "The hub's built pages."},
    {"", "replay", "flag", "", "false", "true, false", "Event time is what records and POST /clock say, not the wall clock."},
    {"", "target", "text", "", "process", "process, inline", "Models run as processes of their own, or inside the site on a small box."},
    {"hub", "address", "address", "", "", "host:port", "Where the hub listens; port 0 takes a free one."},
    {"registry", "address", "address", "", "", "host:port", "Where the registry listens; port 0 takes a free one."},
    {"site", "name", "text", "", "", "letters, digits, _ -", "Names the site and its folder; each once."},
    {"site", "address", "address", "", "", "host:port", "Where the site listens; port 0 takes a free one."},
    {"site", "epoch", "number", "", "1", "from 1",
     "Life of the site's disk: one more after a lost or restored one, so that no event's name comes twice."},
    {"site", "durability", "texts", "", "stored-locally", "none, queued, stored-locally, MODEL=...",
     "What the answer to a score waits for, of all models or of one; a request may say otherwise."},
    {"site", "queue_mib", "number", "MiB", "2048", "1 to 1048576", "Events that wait to leave take so much of the disk, at most."},
    {"site", "queue_full", "text", "", "block", "block, drop-oldest-of-class",
     "Then nothing more is taken, or the oldest of the least important class are dropped and counted."},
    {"site.tap", "name", "text", "", "", "letters, digits, _ -", "Names the tap in metrics; each input of a site once."},
    {"site.tap", "listen", "address", "", "", "host:port", "Where clients of the application connect now; port 0 takes a free one."},
    {"site.tap", "upstream", "address", "", "", "host:port", "Where the application itself listens."},
    {"site.tap", "model", "text", "", "", "", "The model that scores."},
    {"site.tap", "fields", "texts", "", "", "FIELD, FIELD=/JSON/POINTER, FIELD?=...",
     "The model's request fields and where they stand in the application's JSON; with ? one may be missing."},
    {"site.tap", "method", "text", "", "POST", "", "Requests of this method are scored."},
    {"site.tap", "path", "text", "", "/", "from /", "Requests at this path and below it are scored."},
    {"site.tap", "wait_ms", "number", "milliseconds", "5", "0 to 10000", "So long a finished reply waits for its score, at most."},
    {"site.tap", "idle_seconds", "number", "seconds", "600", "1 to 86400", "A connection on which nothing moves is closed."},
    {"site.tap", "connections", "number", "", "400", "1 to 10000", "One more is closed at once."},
    {"site.tap", "body_kib", "number", "KiB", "64", "1 to 1024", "Requests with a larger body pass unscored."},
    {"site.folder", "name", "text", "", "", "letters, digits, _ -", "Names the folder in metrics; each input of a site once."},
    {"site.folder", "folder", "path", "", "", "", "CSV and JSON-lines files that are complete here are read, each row once."},
    {"site.folder", "to", "text", "", "", "score/MODEL, records/STREAM", "Where their rows go."},
    {"site.folder", "done", "path", "", "done, in the folder", "", "Results and errors are written here."},
    {"site.folder", "settle_ms", "number", "milliseconds", "2000", "0 to 3600000", "A file that has not changed for so long is complete."},
    {"site.folder", "poll_ms", "number", "milliseconds", "500", "1 to 3600000", "How often it is looked for files."},
    {"site.folder", "largest_mib", "number", "MiB", "16", "1 to 256", "Larger files are reported and not read."},
    {"site.mqtt", "name", "text", "", "", "letters, digits, _ -", "Names the topic in metrics; each input of a site once."},
    {"site.mqtt", "broker", "address", "", "", "host:port", "Where the MQTT 5 broker listens."},
    {"site.mqtt", "topic", "text", "", "", "may hold + and #", "Messages of these topics are read."},
    {"site.mqtt", "to", "text", "", "", "score/MODEL, records/STREAM", "Where the messages go."},
    {"site.mqtt", "result", "text", "", "none", "", "The topic that gets what was answered."},
    {"site.mqtt", "client", "text", "", "edgewise-SITE-NAME", "", "The broker keeps messages for this client while it is away."},
    {"site.mqtt", "user", "text", "", "none", "", "Who we are to the broker."},
    {"site.mqtt", "password_file", "path", "", "none", "", "A file that holds the password alone."},
    {"tables.NAME", "file", "path", "", "", "", "A CSV file that features look into."},
    {"tables.NAME", "key", "text", "", "", "a column", "Its rows are found by this column."},
    {"tables.NAME", "columns", "texts", "", "", "columns", "The columns that features read."},
    {"improve", "model", "text", "", "", "letters, digits, _ -", "The model that gets better every month, and its repository."},
    {"improve", "first", "date", "", "", "", "The first of the month of the first challenger."},
    {"improve", "last", "date", "", "no end", "", "The first of the month of the last one."},
    {"improve", "history", "paths", "", "none", "", "Samples that the data scientist began with (edgewise train samples)."},
    {"improve", "samples_after", "date", "", "all", "", "Of the store, only samples of later local dates count."},
    {"improve.extra", "on", "date", "", "", "", "The first of the month in which a further challenger competes."},
    {"improve.extra", "name", "text", "", "", "letters, digits, _ -", "Ends its version: 2013-08-NAME."},
    {"improve.extra", "select", "text", "", "", "all, history, last-days:N, hardest:SHARE", "What it learns from."},
    {"improve.extra", "head_to_head", "flag", "", "false", "true, false", "The champion may learn from all that it may."},
});

}  // namespace

std::span<const Option> ConfigurationOptions() { return kOptions; }

}  // namespace edgewise
