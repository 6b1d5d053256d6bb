#pragma once

#include <vector>

#include "tensor/network/job.hpp"
#include "tensor/network/program.hpp"
#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

/// Makes the steps of a program, and decides in which order the labels of each tensor lie in memory.
class Builder {
public:
    Builder(Program& program, const NetworkEquation& equation, const Tree& tree);

    /// The steps from the tensors to the output.
    void forward();
    /// Those from the cotangent to the gradients of the wanted inputs.
    void backward(const std::vector<int>& wanted);

private:
    int add_value(std::vector<int> labels, Place place = Place::arena);
    int input_value(const NetworkEquation& equation, int number);
    int permute(int value, const std::vector<int>& labels);
    /// The product of two values with the labels in this order.
    int multiply(int left, int right, const std::vector<int>& labels);
    /// The product that is node `number` of the tree, in an order that suits what is done with it.
    int multiply_node(int left, int right, int number);
    int gradient(int cotangent, int other, int own);
    std::vector<int> packed_order(int left, int right, const std::vector<int>& labels) const;

    std::vector<int> sorted_labels(int number) const;
    /// Of a product with its labels in this order.
    PairGroups groups_of(int left, int right, const std::vector<int>& labels) const;
    std::vector<int> streamed_order(const Value& streamed, const Value& other, const std::vector<int>& sorted,
                                    const std::vector<char>& touched) const;
    int for_streaming(int value, int other, const std::vector<int>& result_labels);
    void add_job(Kind kind, int left, int right, int result, PlannedJob job, double work);
    void add_pair(int left, int right, int result, double work);
    void add_step(const Step& step);
    int placed(int number, int input);
    Addition addition(int value, const std::vector<int>& labels) const;

    Value& value(int number) { return program_.values[at(number)]; }
    std::int64_t volume(const std::vector<int>& labels) const;

    Program& program_;
    const NetworkEquation& equation_;
    const Tree& tree_;
    std::vector<int> value_of_node_;
    std::vector<int> step_of_node_;
};

/// Gives every value of a program its place in the arena; tensors that are not there at the same time share it.
void place_values(Program& program);

}  // namespace kadanoff::networks
