#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/rbm.hpp"
#include "rbm_thread_bodies.hpp"

namespace kadanoff::cuda {

KADANOFF_LEAF constexpr std::int64_t padded_to(std::int64_t count, std::int64_t multiple) {
    return (count + multiple - 1) / multiple * multiple;
}

/// Gibbs chains on a device: one launch for a layer. All that is special about the device is in `Device`: its arrays,
/// and how it calls a functor with 0 ... threads - 1, or for blocks of threads.
template <class Device>
class DeviceRbm final : public RbmBackend {
public:
    explicit DeviceRbm(const RbmPlan& plan)
        : plan_(plan), chains_(padded_to(plan.chains, rbm_block_chains)), slope_(static_cast<std::size_t>(chains_)) {
        for (const bool visible : {false, true}) {
            const std::int64_t units = visible ? plan.visible : plan.hidden;
            const std::int64_t inputs = visible ? plan.hidden : plan.visible;
            layer_.push_back(std::make_unique<Layer>(units, inputs, chains_, fixed16()));
        }
    }

    void advance(std::uint64_t step, std::int64_t count, bool draw_hidden, bool draw_visible) override {
        for (std::int64_t s = 0; s < count; ++s, ++step) {
            if (draw_hidden) draw_layer(step, false);
            if (draw_visible) draw_layer(step, true);
        }
        Device::wait();
    }

    void set_machine(const RbmMachine& machine) override {
        for (const bool visible : {false, true}) {
            set_direction(layer(visible), visible ? machine.to_visible() : machine.to_hidden());
        }
    }

    void set_slopes(const double* slopes) override {
        slope_.upload(slopes, static_cast<std::size_t>(padded_to(plan_.chains, rbm_chains)));
    }

    void read(bool visible, std::uint32_t* words) const override {
        const RbmPlaces places = this->places(visible);
        const std::int64_t stride = padded_units(places.units);
        Array<std::uint32_t> bits(static_cast<std::size_t>(places.words() * stride));
        Device::launch("GatherRbmBits", GatherRbmBits{places, bits.data(), stride});
        bits.download(words, bits.size());
    }

    void write(bool visible, const std::uint32_t* words) override { spread(places(visible), words); }

    void set_clamped(const std::uint32_t* words) override {
        clamped_.reset();
        if (words == nullptr) return;
        clamped_ = std::make_unique<Array<std::uint32_t>>(layer(true).states.size());
        RbmPlaces places = this->places(true);
        places.bytes = clamped_->data();
        spread(places, words);
    }

    bool owns(const void* pointer) const override { return Device::owns(pointer); }

    void unpack(bool visible, std::uint8_t* bits) const override {
        Device::launch("UnpackRbm", UnpackRbm{places(visible), bits});
        Device::wait();
    }

    std::string kernel() const override { return std::string("rbm-") + Device::name; }

private:
    template <class T>
    using Array = typename Device::template Array<T>;

    /// States, and what draws them from the other layer.
    struct Layer {
        std::int64_t units, padded, stride, chunks;
        Array<std::uint32_t> states, weights;
        Array<float> bias;

        Layer(std::int64_t count, std::int64_t inputs, std::int64_t chains, bool fixed16)
            : units(count),
              padded(padded_to(units, rbm_block_units)),
              stride(padded_to(units, rbm_row_padding) / 4),
              chunks((inputs + chunk_inputs(fixed16) - 1) / chunk_inputs(fixed16)),
              states(static_cast<std::size_t>(chains * stride)),
              weights(static_cast<std::size_t>(padded * chunks * chunk_inputs(fixed16) / (fixed16 ? 2 : 1))),
              bias(static_cast<std::size_t>(padded)) {}

        static std::int64_t chunk_inputs(bool fixed16) {
            return fixed16 ? DrawFixed16::inputs : DrawFloat32::groups * 4;
        }
    };

    bool fixed16() const { return plan_.precision == Precision::fixed16; }
    Layer& layer(bool visible) const { return *layer_[visible ? 1 : 0]; }
    RbmPlaces places(bool visible) const {
        Layer& own = layer(visible);
        return {own.states.data(), own.stride, own.units, plan_.chains};
    }

    void set_direction(Layer& own, const RbmDirection& direction) {
        const std::int64_t together = fixed16() ? Fixed16Sums<WordOps>::inputs : Float32Sums<WordOps>::inputs;
        const std::int64_t inputs = direction.groups * together;
        Array<std::uint32_t> rows(static_cast<std::size_t>(inputs * direction.row_stride));
        rows.upload(direction.rows.data(), rows.size());
        const RbmRows view{rows.data(), direction.row_stride, inputs};
        std::vector<float> bias(static_cast<std::size_t>(own.padded));
        for (std::size_t j = 0; j < bias.size(); ++j) {
            const std::uint32_t word = direction.bias.data()[fixed16() ? j / 2 : j];
            const auto number = static_cast<std::int16_t>(word >> (16 * (j % 2)) & 0xFFFFu);
            bias[j] = fixed16() ? static_cast<float>(number) : WordOps::as_real(word);
        }
        own.bias.upload(bias.data(), bias.size());
        if (fixed16()) {
            Device::launch("ArrangeFixed16", ArrangeFixed16{view, own.padded, own.chunks, own.weights.data()});
        } else {
            Device::launch("ArrangeFloat32", ArrangeFloat32{view, own.padded, own.chunks, own.weights.data()});
        }
        Device::wait();
    }

    /// Padding in the bits of words is copied too: chains beyond the last one go on as on the CPU.
    void spread(const RbmPlaces& places, const std::uint32_t* words) {
        const std::int64_t stride = padded_units(places.units);
        Array<std::uint32_t> bits(static_cast<std::size_t>(places.words() * stride));
        bits.upload(words, bits.size());
        Device::launch("SpreadRbmBits", SpreadRbmBits{places, bits.data(), stride});
        Device::wait();
    }

    void draw_layer(std::uint64_t step, bool visible) {
        const Layer &source = layer(!visible), &target = layer(visible);
        RbmBlockJob job{};
        job.source = source.states.data();
        job.target = layer(visible).states.data();
        job.clamped = visible && clamped_ != nullptr ? clamped_->data() : nullptr;
        job.source_stride = source.stride;
        job.target_stride = target.stride;
        job.weights = target.weights.data();
        job.bias = target.bias.data();
        job.slope = slope_.data();
        job.units = target.padded;
        job.chains = chains_;
        job.chunks = target.chunks;
        job.key = {plan_.seed, step, 0, Stream::rbm_units, visible ? 1u : 0u};
        if (fixed16()) {
            Device::launch_blocks("DrawFixed16", DrawFixed16{job});
        } else {
            Device::launch_blocks("DrawFloat32", DrawFloat32{job});
        }
    }

    RbmPlan plan_;
    std::int64_t chains_;  ///< padded
    Array<double> slope_;
    std::vector<std::unique_ptr<Layer>> layer_;  ///< hidden, visible
    std::unique_ptr<Array<std::uint32_t>> clamped_;
};

}  // namespace kadanoff::cuda
