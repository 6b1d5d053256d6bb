#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "check.hpp"

namespace kadanoff::cuda {

/// Owned, zeroed device memory; null if it is empty.
template <class T>
class DeviceArray {
public:
    DeviceArray() = default;
    explicit DeviceArray(std::size_t size) : size_(size) {
        if (size == 0) return;
        check(cudaMalloc(reinterpret_cast<void**>(&data_), size * sizeof(T)), "cudaMalloc");
        check(cudaMemset(data_, 0, size * sizeof(T)), "cudaMemset");
    }
    explicit DeviceArray(const std::vector<T>& host) : DeviceArray(host.size()) { upload(host.data(), host.size()); }
    ~DeviceArray() { cudaFree(data_); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;

    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }

    void upload(const T* host, std::size_t count) {
        if (count == 0) return;
        check(cudaMemcpy(data_, host, count * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy to the device");
    }
    void download(T* host, std::size_t count) const {
        if (count == 0) return;
        check(cudaMemcpy(host, data_, count * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy to the host");
    }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace kadanoff::cuda
