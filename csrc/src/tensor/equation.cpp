#include <algorithm>
#include <array>
#include <string>

#include "kadanoff/error.hpp"
#include "kadanoff/tensor/einsum.hpp"

namespace kadanoff {

namespace {

constexpr int letters = 128;           // ASCII
constexpr std::size_t most_axes = 64;  // of an array

[[noreturn]] void refuse(const std::string& expected, const std::string& got) {
    throw InvalidArgument("[einsum] expected " + expected + ", got " + got);
}

std::string quoted(std::string_view text) {
    std::string result(1, '\'');
    result.append(text);
    result.push_back('\'');
    return result;
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// The term of one tensor: letters, and where the ellipsis stands among them (-1: none).
struct Term {
    std::string labels;
    int ellipsis = -1;
};

Term parse_term(std::string_view text, const std::string& name) {
    Term term;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_letter(text[i])) {
            term.labels += text[i];
        } else if (text[i] == '.') {
            if (term.ellipsis >= 0 || text.substr(i, 3) != "...") {
                refuse("at most one '...' and no other '.' in the subscripts of " + name, quoted(text));
            }
            term.ellipsis = static_cast<int>(term.labels.size());
            i += 2;
        } else if (text[i] != ' ') {
            refuse("letters as subscripts of " + name, quoted(text.substr(i, 1)));
        }
    }
    return term;
}

struct Terms {
    std::vector<Term> operands;
    std::optional<Term> output;
};

Terms parse_terms(std::string_view text, std::size_t operands) {
    Terms terms;
    const std::size_t end = std::min(text.find('-'), text.size());
    if (end < text.size()) {
        if (text.substr(end, 2) != "->") refuse("'->' before the output's subscripts", quoted(text));
        terms.output = parse_term(text.substr(end + 2), "the output");
    }
    std::string_view inputs = text.substr(0, end);
    const auto given = static_cast<std::size_t>(std::count(inputs.begin(), inputs.end(), ',')) + 1;
    if (given != operands) {
        refuse("subscripts of " + std::to_string(operands) + (operands == 1 ? " operand" : " operands"),
               "those of " + std::to_string(given));
    }
    for (std::size_t i = 0; i < operands; ++i) {
        const std::size_t length = std::min(inputs.find(','), inputs.size());
        terms.operands.push_back(parse_term(inputs.substr(0, length), "operand " + std::to_string(i)));
        inputs.remove_prefix(std::min(length + 1, inputs.size()));
    }
    return terms;
}

/// Axes that the ellipsis of a term stands for.
std::size_t hidden_axes(const Term& term, std::size_t axes, std::size_t operand) {
    const std::size_t named = term.labels.size();
    if (named > axes || (term.ellipsis < 0 && named < axes)) {
        refuse((term.ellipsis < 0 ? "" : "at most ") + std::to_string(axes) + " subscripts of operand " +
                   std::to_string(operand) + ", one for each axis",
               std::to_string(named));
    }
    return axes - named;
}

/// Numbers for labels: those of the letters that occur, in order, then those of the ellipsis, from its last axis.
class Numbering {
public:
    Numbering(const Terms& terms, const std::vector<std::vector<std::int64_t>>& shapes) {
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            hidden_ = std::max(hidden_, hidden_axes(terms.operands[i], shapes[i].size(), i));
            for (const char c : terms.operands[i].labels) ++uses_[static_cast<std::size_t>(c)];
        }
        for (std::size_t c = 0; c < letters; ++c) {
            if (uses_[c] > 0) number_[c] = letters_++;
        }
    }

    int uses(char c) const { return uses_[static_cast<std::size_t>(c)]; }
    std::size_t hidden() const { return hidden_; }
    std::size_t size() const { return static_cast<std::size_t>(letters_) + hidden_; }

    /// Labels of all axes of a tensor, whose ellipsis stands for `hidden` axes.
    std::vector<int> labels(const Term& term, std::size_t hidden) const {
        std::vector<int> result;
        for (std::size_t i = 0; i <= term.labels.size(); ++i) {
            if (static_cast<int>(i) == term.ellipsis) {
                for (std::size_t axis = hidden; axis-- > 0;) result.push_back(letters_ + static_cast<int>(axis));
            }
            if (i < term.labels.size()) result.push_back(number_[static_cast<std::size_t>(term.labels[i])]);
        }
        return result;
    }

private:
    std::array<int, letters> uses_{}, number_{};
    int letters_ = 0;
    std::size_t hidden_ = 0;
};

Term implied_output(const Numbering& numbering) {
    Term term;
    term.ellipsis = 0;
    for (char c = 'A'; c <= 'z'; ++c) {
        if (is_letter(c) && numbering.uses(c) == 1) term.labels += c;
    }
    return term;
}

void check_output(const Term& output, const Numbering& numbering) {
    for (const char c : output.labels) {
        const std::string label = quoted({&c, 1});
        if (std::count(output.labels.begin(), output.labels.end(), c) > 1) {
            refuse("distinct subscripts of the output", label + " twice");
        }
        if (numbering.uses(c) == 0) refuse("subscripts of the output that an operand has", label);
    }
    if (output.ellipsis < 0 && numbering.hidden() > 0) {
        refuse("'...' in the output, as in an operand", "none");
    }
    if (output.labels.size() + numbering.hidden() > most_axes) {
        refuse("at most 64 axes of the output", std::to_string(output.labels.size() + numbering.hidden()));
    }
}

/// Takes the shape of operand `index` into the extents.
void match(EinsumEquation& equation, const std::vector<std::int64_t>& shape, std::size_t index) {
    const std::vector<int>& labels = equation.operands[index];
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const auto disagree = [&](std::int64_t other) {
            refuse("axis " + std::to_string(axis) + " of operand " + std::to_string(index) + " with " +
                       std::to_string(other) + " elements, as another of its label has",
                   std::to_string(shape[axis]));
        };
        const auto first =
            static_cast<std::size_t>(std::find(labels.begin(), labels.end(), labels[axis]) - labels.begin());
        if (shape[first] != shape[axis]) disagree(shape[first]);
        std::int64_t& extent = equation.extents[static_cast<std::size_t>(labels[axis])];
        if (extent == 1) extent = shape[axis];
        if (shape[axis] != 1 && shape[axis] != extent) disagree(extent);
    }
}

}  // namespace

EinsumEquation parse_einsum(std::string_view text, const std::vector<std::vector<std::int64_t>>& shapes) {
    if (shapes.empty()) refuse("at least one operand", "none");
    const Terms terms = parse_terms(text, shapes.size());
    const Numbering numbering(terms, shapes);
    const Term output = terms.output ? *terms.output : implied_output(numbering);
    check_output(output, numbering);
    EinsumEquation equation;
    equation.extents.assign(numbering.size(), 1);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        equation.operands.push_back(
            numbering.labels(terms.operands[i], hidden_axes(terms.operands[i], shapes[i].size(), i)));
    }
    for (std::size_t i = 0; i < shapes.size(); ++i) match(equation, shapes[i], i);
    equation.output = numbering.labels(output, numbering.hidden());
    return equation;
}

}  // namespace kadanoff
