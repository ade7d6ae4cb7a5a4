#include "site/mqtt_link.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

namespace edgewise::site {
namespace {

constexpr int kKeepalive = 60;                        // seconds
constexpr std::uint32_t kKeptFor = 7 * 24 * 60 * 60;  // seconds, by the broker for a client that is away

int Milliseconds(Deadline deadline) {
  return static_cast<int>(
      std::chrono::ceil<std::chrono::milliseconds>(std::min<Deadline::Clock::duration>(deadline.Left(), std::chrono::seconds(1))).count());
}

struct Place {
  std::string host;
  int port = 0;
};

Result<Place> PlaceOf(const std::string& text) {
  const auto colon = text.rfind(':');
  Place place{text.substr(0, colon), 0};
  if (colon != std::string::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), place.port);
  if (place.host == "localhost") place.host = "127.0.0.1";
  if (place.host.starts_with('[') && place.host.ends_with(']')) place.host = place.host.substr(1, place.host.size() - 2);
  if (place.port < 1 || place.port > 65535)
    return Fail(Code::kInvalidArgument, fmt::format("address \"{}\" is not like 127.0.0.1:1883", text));
  return place;
}

/// The library connects without a time limit; so it is asked to only when somebody answers.
Result<void> SomebodyAnswers(const Place& place, const std::string& text, Deadline deadline, int wake) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &hints, &found) != 0)
    return Fail(Code::kInvalidArgument, fmt::format("address \"{}\" is not like 127.0.0.1:1883", text));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> freed(found, freeaddrinfo);
  const int probe = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return Fail(Code::kResourceExhausted, "no file descriptor is left for a broker; raise the limit (ulimit -n)");
  int error = connect(probe, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  while (error == EINPROGRESS && !deadline.Expired()) {
    pollfd wanted[2] = {{probe, POLLOUT, 0}, {wake, POLLIN, 0}};
    poll(wanted, 2, Milliseconds(deadline));
    if (wanted[1].revents != 0) error = ECANCELED;
    socklen_t size = sizeof error;
    if (wanted[0].revents != 0) getsockopt(probe, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  close(probe);
  if (error == ECANCELED) return Fail(Code::kCancelled, "the site is stopping");
  if (error != 0)
    return Fail(Code::kUnavailable, fmt::format("the broker at {} cannot be reached: {}; is it running?", text, strerror(error)));
  return {};
}

}  // namespace

MqttLibrary::MqttLibrary() { mosquitto_lib_init(); }
MqttLibrary::~MqttLibrary() { mosquitto_lib_cleanup(); }

struct MqttLink::Callbacks {
  static MqttLink& Of(void* object) { return *static_cast<MqttLink*>(object); }
  static void Connected(mosquitto*, void* object, int code, int, const mosquitto_property*) { Of(object).connected_ = code; }
  static void Subscribed(mosquitto*, void* object, int, int count, const int* granted, const mosquitto_property*) {
    Of(object).subscribed_ = true;
    for (int i = 0; i < count; ++i) Of(object).refused_ |= granted[i] > 2;
  }
  static void Published(mosquitto*, void* object, int, int reason, const mosquitto_property*) {
    ++Of(object).published_;
    Of(object).refused_ |= reason >= 0x80;
  }
  static void Arrived(mosquitto*, void* object, const mosquitto_message* message, const mosquitto_property*) {
    Of(object).inbox_.push_back(
        {message->topic, std::string(static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen))});
  }
};

Result<std::unique_ptr<MqttLink>> MqttLink::Connect(const Options& options, Deadline deadline, const std::stop_token& stop) {
  EDGEWISE_ASSIGN(const auto place, PlaceOf(options.broker));
  std::unique_ptr<MqttLink> link(new MqttLink);  // private constructor
  link->broker_ = options.broker;
  link->wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (link->wake_ < 0) return Fail(Code::kResourceExhausted, "no file descriptor is left for a broker; raise the limit (ulimit -n)");
  const std::stop_callback wake(stop, [fd = link->wake_] { eventfd_write(fd, 1); });
  EDGEWISE_TRY(SomebodyAnswers(place, options.broker, deadline, link->wake_));
  link->client_ = mosquitto_new(options.client.c_str(), options.subscribe.empty(), link.get());
  if (link->client_ == nullptr) return Fail(Code::kResourceExhausted, "no memory for an MQTT client");
  auto* client = link->client_;
  mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, kMostUnacknowledged);
  mosquitto_threaded_set(client, true);  // so that packets wait until we write them
  mosquitto_connect_v5_callback_set(client, Callbacks::Connected);
  mosquitto_subscribe_v5_callback_set(client, Callbacks::Subscribed);
  mosquitto_publish_v5_callback_set(client, Callbacks::Published);
  mosquitto_message_v5_callback_set(client, Callbacks::Arrived);
  if (!options.user.empty()) mosquitto_username_pw_set(client, options.user.c_str(), options.password.c_str());
  mosquitto_property* properties = nullptr;
  if (!options.subscribe.empty()) mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, kKeptFor);
  mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, kLargestPacket);
  const int code = mosquitto_connect_bind_v5(client, place.host.c_str(), place.port, kKeepalive, nullptr, properties);
  mosquitto_property_free_all(&properties);
  EDGEWISE_TRY(link->Check(code));
  while (!link->connected_) EDGEWISE_TRY(link->Turn(true, deadline));
  if (*link->connected_ != 0) {
    return Fail(Code::kPermissionDenied, fmt::format("the broker at {} refuses client \"{}\": {}", options.broker, options.client,
                                                     mosquitto_reason_string(*link->connected_)));
  }
  // Before anything is read: messages may be on their way, and what is written after they came would acknowledge them.
  if (!options.subscribe.empty()) EDGEWISE_TRY(link->Check(mosquitto_subscribe(client, nullptr, options.subscribe.c_str(), 1)));
  EDGEWISE_TRY(link->Flush(deadline));
  while (!options.subscribe.empty() && !link->subscribed_) EDGEWISE_TRY(link->Turn(false, deadline));
  if (link->refused_) {
    return Fail(Code::kPermissionDenied,
                fmt::format("the broker at {} refuses the subscription to \"{}\"", options.broker, options.subscribe));
  }
  return link;
}

MqttLink::~MqttLink() {
  if (client_ != nullptr) mosquitto_destroy(client_);
  if (wake_ >= 0) close(wake_);
}

Result<void> MqttLink::Check(int code) {
  if (code == MOSQ_ERR_SUCCESS) return {};
  return Fail(Code::kUnavailable, fmt::format("the broker at {}: {}", broker_, mosquitto_strerror(code)));
}

/// Waits until something can be done, a second at most, and does it: one packet read; with `writes` all that waits is written.
Result<void> MqttLink::Turn(bool writes, Deadline deadline) {
  if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, fmt::format("the broker at {} does not answer in time", broker_));
  const int fd = mosquitto_socket(client_);
  if (fd < 0) return Fail(Code::kUnavailable, fmt::format("the broker at {}: the connection was lost", broker_));
  const bool write = writes && mosquitto_want_write(client_);
  pollfd wanted[2] = {{fd, static_cast<short>(write ? POLLIN | POLLOUT : POLLIN), 0}, {wake_, POLLIN, 0}};
  poll(wanted, 2, Milliseconds(deadline));
  if (wanted[1].revents != 0) return Fail(Code::kCancelled, "the site is stopping");
  if (write && (wanted[0].revents & POLLOUT) != 0) EDGEWISE_TRY(Check(mosquitto_loop_write(client_, 1)));
  if ((wanted[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) EDGEWISE_TRY(Check(mosquitto_loop_read(client_, 1)));
  return Check(mosquitto_loop_misc(client_));
}

bool MqttLink::Readable() const {
  pollfd wanted{mosquitto_socket(client_), POLLIN, 0};
  return poll(&wanted, 1, 0) > 0;
}

Result<void> MqttLink::Flush(Deadline deadline) {
  while (mosquitto_want_write(client_)) {
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, fmt::format("the broker at {} takes nothing", broker_));
    pollfd wanted{mosquitto_socket(client_), POLLOUT, 0};
    poll(&wanted, 1, Milliseconds(deadline));
    EDGEWISE_TRY(Check(mosquitto_loop_write(client_, 1)));
  }
  return {};
}

Result<std::vector<MqttLink::Message>> MqttLink::Receive(Deadline deadline, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [fd = wake_] { eventfd_write(fd, 1); });
  while (inbox_.empty()) {
    const auto turned = Turn(unacknowledged_ == 0, deadline);
    if (!turned && turned.error().code == Code::kDeadlineExceeded) break;
    EDGEWISE_TRY(turned);
  }
  while (!inbox_.empty() && inbox_.size() + unacknowledged_ < kMostUnacknowledged && Readable())
    EDGEWISE_TRY(Check(mosquitto_loop_read(client_, 1)));
  std::vector<Message> messages(std::make_move_iterator(inbox_.begin()), std::make_move_iterator(inbox_.end()));
  unacknowledged_ += messages.size();
  inbox_.clear();
  return messages;
}

Result<void> MqttLink::Acknowledge(Deadline deadline) {
  EDGEWISE_TRY(Flush(deadline));
  unacknowledged_ = 0;
  return {};
}

Result<void> MqttLink::Publish(const std::vector<Message>& messages, Deadline deadline) {
  published_ = 0;
  for (const auto& message : messages) {
    EDGEWISE_TRY(Check(mosquitto_publish(client_, nullptr, message.topic.c_str(), static_cast<int>(message.payload.size()),
                                         message.payload.data(), 1, false)));
  }
  while (published_ < messages.size()) EDGEWISE_TRY(Turn(true, deadline));
  return refused_ ? Fail(Code::kPermissionDenied, fmt::format("the broker at {} refuses what is published", broker_)) : Result<void>();
}

Result<void> MqttLink::Tend(Deadline deadline) {
  while (Readable()) EDGEWISE_TRY(Check(mosquitto_loop_read(client_, 1)));
  EDGEWISE_TRY(Check(mosquitto_loop_misc(client_)));
  return Flush(deadline);
}

}  // namespace edgewise::site
