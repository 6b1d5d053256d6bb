#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/packed.hpp"
#include "engine/graph_layout.hpp"
#include "engine/site_order.hpp"
#include "kadanoff/registry.hpp"
#include "packed_thread_bodies.hpp"

namespace kadanoff::cuda {

/// A table in the memory of a device.
template <class Device>
class DeviceTable {
public:
    DeviceTable(const PackedTable& host, bool symmetric)
        : classes_(host.classes),
          width_(host.width),
          replicas_(host.replicas),
          plane_(static_cast<std::size_t>(uniform_planes * rows() * width_)),
          threshold_(static_cast<std::size_t>(rows() * replicas_)),
          count_(static_cast<std::size_t>(rows())),
          spin_(static_cast<std::size_t>(rows())),
          base_(static_cast<std::size_t>(rows())) {
        set(host);
        if (symmetric || classes_ == 0) return;
        count_.upload(host.count, count_.size());
        spin_.upload(host.spin, spin_.size());
        base_.upload(host.base, base_.size());
    }

    /// New thresholds.
    void set(const PackedTable& host) {
        plane_.upload(host.plane, plane_.size());
        threshold_.upload(host.threshold, threshold_.size());
    }

    PackedTable view() const {
        return {classes_,  plane_.data(), width_,       threshold_.data(),
                replicas_, count_.data(), spin_.data(), base_.data()};
    }

private:
    template <class T>
    using Array = typename Device::template Array<T>;

    /// Never nothing, as on the host.
    std::int64_t rows() const { return std::max(classes_, 1); }

    int classes_;
    std::int64_t width_, replicas_;
    Array<std::uint32_t> plane_;
    Array<std::uint64_t> threshold_;
    Array<std::int32_t> count_, spin_, base_;
};

/// The replica-packed kernel on a device: one launch for a block of sites. All that is special about the device is
/// in `Device`: its arrays, and how it calls a functor with 0 ... threads - 1.
template <class Device>
class DevicePacked final : public PackedBackend {
public:
    explicit DevicePacked(const PackedPlan& plan)
        : blocks_(plan.sites.blocks),
          order_(plan.order),
          seed_(plan.seed),
          rule_(plan.rule),
          flip_(plan.couplings.flip),
          bonds_(plan.couplings.bonds),
          positions_(plan.sites.positions),
          replicas_(plan.replicas),
          width_(std::min(plan.words, packed_lanes)),
          word_blocks_(plan.words / width_),
          shift_(log2_words(plan.words)),
          position_(plan.sites.position),
          neighbour_(plan.sites.neighbour),
          negative_(plan.couplings.negative),
          first_(plan.couplings.first),
          second_(plan.couplings.second),
          bond_negative_(plan.couplings.bond_negative),
          spins_(buffer_words(positions_, plan.words)),
          next_spins_(plan.order == "parallel" ? spins_.size() : 0),
          source_(spins_.data()),
          target_(plan.order == "parallel" ? next_spins_.data() : spins_.data()) {
        for (std::size_t t = 0; t < plan.tables.size(); ++t) {
            tables_.push_back(std::make_unique<DeviceTable<Device>>(plan.tables[t], plan.symmetric));
            updates_.push_back(choose_update(plan.symmetric, plan.degrees[t]));
        }
        for (const SiteBlock& block : blocks_) {
            const auto found = std::find(plan.degrees.begin(), plan.degrees.end(), block.degree);
            table_of_.push_back(static_cast<std::size_t>(found - plan.degrees.begin()));
        }
    }

    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, SpinSums* sums) override {
        Array<SpinSums> device_sums(sums == nullptr ? 0 : static_cast<std::size_t>(replicas_ * draws));
        for (std::int64_t draw = 0; draw < draws; ++draw) {
            for (std::int64_t s = 0; s < every; ++s) run_sweep(sweep++);
            if (sums != nullptr) measure_into(device_sums.data() + draw, draws);
        }
        Device::wait();
        device_sums.download(sums, device_sums.size());
    }

    void measure(SpinSums* sums) override {
        Array<SpinSums> device_sums(static_cast<std::size_t>(replicas_));
        measure_into(device_sums.data(), 1);
        device_sums.download(sums, device_sums.size());
    }

    void set_tables(const std::vector<PackedTable>& tables) override {
        for (std::size_t t = 0; t < tables.size(); ++t) tables_[t]->set(tables[t]);
    }

    void read(std::uint32_t* words) const override {
        Array<std::uint32_t> packed(packed_size());
        Device::launch("ReadPacked", ReadPacked{places(), source_, packed.data()});
        packed.download(words, packed.size());
    }

    void write(const std::uint32_t* words) override {
        Array<std::uint32_t> packed(packed_size());
        packed.upload(words, packed.size());
        Device::launch("WritePacked", WritePacked{places(), packed.data(), source_});
        Device::wait();
    }

    void unpack(std::int8_t* spins) const override {
        const auto size = static_cast<std::size_t>(places().sites * replicas_);
        const bool in_place = Device::owns(spins);
        Array<std::int8_t> buffer(in_place ? 0 : size);
        Device::launch("UnpackPacked", UnpackPacked{places(), source_, in_place ? spins : buffer.data()});
        Device::wait();
        if (!in_place) buffer.download(spins, size);
    }

    std::string kernel() const override { return std::string("packed-") + Device::name; }

private:
    template <class T>
    using Array = typename Device::template Array<T>;
    using Update = void (*)(const PackedSweep& sweep);

    template <class Rule, class Sorter, int Degree, bool Direct>
    static void update(const PackedSweep& sweep) {
        Device::launch("UpdatePacked", UpdatePacked<Rule, Sorter, Degree, Direct>{sweep});
    }

    template <class Rule, bool Direct>
    static Update update_of(bool symmetric, int degree) {
        if (!symmetric) return update<Rule, PackedField<Rule>, 0, Direct>;
        switch (degree) {
            case 2: return update<Rule, PackedSymmetric<Rule, 2>, 2, Direct>;
            case 3: return update<Rule, PackedSymmetric<Rule, 3>, 3, Direct>;
            case 4: return update<Rule, PackedSymmetric<Rule, 4>, 4, Direct>;
            case 6: return update<Rule, PackedSymmetric<Rule, 6>, 6, Direct>;
            default: return update<Rule, PackedSymmetric<Rule, 0>, 0, Direct>;
        }
    }

    Update choose_update(bool symmetric, int degree) {
        Update result = nullptr;
        visit_type(Rules{}, rule_, [&](auto tag) {
            using Rule = typename decltype(tag)::type;
            stream_ = Rule::packed_stream;
            result = direct() ? update_of<Rule, true>(symmetric, degree) : update_of<Rule, false>(symmetric, degree);
        });
        return result;
    }

    bool direct() const { return shift_ == 4; }
    std::int64_t block_words() const { return positions_ * width_; }
    std::size_t packed_size() const { return static_cast<std::size_t>(places().sites * places().row_words()); }

    PackedPlaces places() const {
        return {position_.data(), static_cast<std::int64_t>(position_.size()), positions_, width_, replicas_};
    }

    void run_sweep(std::uint64_t sweep) {
        if (order_ == "random") {
            const auto sites = static_cast<std::int64_t>(position_.size());
            std::int64_t group = 0;
            for (const std::uint32_t site : site_order(seed_, sweep, sites)) {
                update_block(site, sweep, group);  // blocks of one site, by number
                group += group_unit;
            }
            return;
        }
        for (std::size_t b = 0; b < blocks_.size(); ++b) update_block(b, sweep, blocks_[b].group);
        if (order_ == "parallel") std::swap(source_, target_);
    }

    void update_block(std::size_t index, std::uint64_t sweep, std::int64_t group) {
        const SiteBlock& block = blocks_[index];
        const std::size_t table = table_of_[index];
        PackedJob job{};
        job.source = source_;
        job.target = target_;
        job.neighbour = neighbour_.data() + block.first_slot;
        job.stride = block.stride;
        job.first = block.first;
        job.sites = block.sites;
        job.degree = block.degree;
        job.shift = shift_;
        job.words = width_;
        job.first_group = static_cast<std::uint32_t>(group);
        job.key = {seed_, sweep, 0, stream_, 0};
        job.negative = negative_.size() == 0 ? nullptr : negative_.data() + block.first_slot;
        job.flip = flip_;
        job.table = tables_[table]->view();
        updates_[table](PackedSweep(job, word_blocks_, block_words()));
    }

    /// Adds to sums[replica * stride].
    void measure_into(SpinSums* sums, std::int64_t stride) {
        if (direct()) {
            count<true>(sums, stride);
        } else {
            count<false>(sums, stride);
        }
    }

    template <bool Direct>
    void count(SpinSums* sums, std::int64_t stride) {
        const PackedSum bonds{
            source_, first_.data(), second_.data(), bond_negative_.size() == 0 ? nullptr : bond_negative_.data(),
            bonds_,  width_,        shift_};
        const PackedSum up{source_, nullptr, nullptr, nullptr, positions_, width_, shift_};
        for (const PackedSum& items : {bonds, up}) {
            Device::launch("CountPacked",
                           CountPacked<Direct>{items, word_blocks_, block_words(), replicas_, sums, stride});
        }
    }

    std::vector<SiteBlock> blocks_;
    std::vector<std::size_t> table_of_;  ///< each block's
    std::string order_;
    std::uint64_t seed_;
    int rule_;
    Stream stream_{};
    std::uint32_t flip_;
    std::int64_t bonds_, positions_, replicas_, width_, word_blocks_;
    int shift_;
    Array<std::uint32_t> position_, neighbour_, negative_, first_, second_, bond_negative_;
    Array<std::uint32_t> spins_, next_spins_;
    std::uint32_t* source_;
    std::uint32_t* target_;  ///< the same, unless all sites are updated at once
    std::vector<std::unique_ptr<DeviceTable<Device>>> tables_;
    std::vector<Update> updates_;
};

}  // namespace kadanoff::cuda
