#pragma once
// For tests: the catalogue compiled in over a stock, a programme and prices that stay as they are.

#include <string>
#include <vector>

#include "catalog/built_in.h"

namespace granary::testing {

inline Document test_site(const std::string& id, const std::string& chip, int nodes,
                          const std::string& price) {
  return {"sites/" + id + ".toml",
          "id = \"" + id + "\"\nname = \"" + id +
              "\"\nrunner = \"simulated\"\nasset = \"CNY\"\nstanding = \"assumed\"\n"
              "source = \"granary-example\"\n[[pools]]\nchip = \"" +
              chip + "\"\nnodes = " + std::to_string(nodes) + "\nchips_per_node = 8\nprice = \"" +
              price + " CNY per chip-hour\"\nreplaceable = false\n"};
}

inline std::vector<Document> test_documents() {
  std::vector<Document> documents;
  for (const Document& d : built_in_documents()) {
    const bool ours = d.name.rfind("sites/", 0) == 0 || d.name.rfind("programmes/", 0) == 0;
    if (!ours) documents.push_back(d);
  }
  documents.push_back(test_site("guian", "a800-sxm-80", 32, "8.00"));
  documents.push_back(test_site("ulanqab", "ascend910b2", 20, "5.20"));
  documents.push_back(test_site("wuhu", "rtx4090", 16, "1.10"));
  documents.push_back(
      {"programmes/guiyang-2024.toml",
       "id = \"guiyang-2024\"\nname = \"Guiyang 2024\"\nissuer = \"guiyang\"\n"
       "fund = \"21000000 CNY\"\npurposes = [\"pretrain\", \"finetune\", \"serve\", \"run\"]\n"
       "standing = \"assumed\"\nsource = \"granary-example\"\n"});
  return documents;
}

}  // namespace granary::testing
