// A recording, for the page.

#pragma once

#include "linger/v1/report.pb.h"
#include "serve/page/page_feed.h"
#include "serve/page/recorded_workers.h"

namespace linger::serve {

/// Sends all of it to each page, and nothing after that.
class RecordedFeed final : public PageFeed {
public:
  /// Fails as json.h does.
  [[nodiscard]] static Result<std::unique_ptr<RecordedFeed>> of(const v1::Report &report,
                                                                RecordedWorkers workers);

  [[nodiscard]] std::unique_ptr<Watching> watch() override;
  [[nodiscard]] Result<FeedPart> next(std::uint64_t sequence) override;

private:
  explicit RecordedFeed(std::string events)
      : events_(std::make_shared<const std::string>(std::move(events)))
  {
  }

  std::shared_ptr<const std::string> events_;
};

} // namespace linger::serve
