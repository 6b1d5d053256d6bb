#include "tensor/axes.hpp"

#include <algorithm>
#include <string>

#include "kadanoff/error.hpp"

namespace kadanoff::tensor {

int position(const std::vector<int>& labels, int label) {
    const auto found = std::find(labels.begin(), labels.end(), label);
    return found == labels.end() ? -1 : static_cast<int>(found - labels.begin());
}

void check_axes(const char* call, const TensorAxes& tensor, const std::vector<std::int64_t>& extents) {
    const auto refuse = [&](const std::string& expected, const std::string& got) {
        throw InvalidArgument("[" + std::string(call) + "] expected " + expected + " of " + tensor.name + ", got " +
                              got);
    };
    if (tensor.labels.size() != tensor.strides.size()) {
        refuse("one stride for each of the " + std::to_string(tensor.labels.size()) + " axes",
               std::to_string(tensor.strides.size()));
    }
    for (std::size_t i = 0; i < tensor.labels.size(); ++i) {
        const int label = tensor.labels[i];
        if (label < 0 || static_cast<std::size_t>(label) >= extents.size()) {
            refuse("labels in [0, " + std::to_string(extents.size()) + ")", std::to_string(label));
        }
        if (position(tensor.labels, label) != static_cast<int>(i))
            refuse("distinct labels", std::to_string(label) + " twice");
        const std::int64_t extent = extents[static_cast<std::size_t>(label)];
        if (extent < 0) refuse("extents that are not negative", std::to_string(extent));
    }
}

}  // namespace kadanoff::tensor
