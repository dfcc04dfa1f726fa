# granary_module(NAME cost DEPS units catalog LIBS fmt::fmt) makes one folder one library. Sources,
# tests and benchmarks are told apart by suffix, so that adding a file needs no edit. The same line
# is what the test `layers` reads: a module may include its DEPS and itself, nothing else.
# Standard headers that are compiled once for all modules, and once more with the test libraries for
# all tests; a file still includes what it uses. Named in <>, so that the generated header names no
# folder and ccache finds it from any clone.
set(granary_precompiled
    <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <set> <span>
    <string> <string_view> <utility> <variant> <vector> <tl/expected.hpp>)

function(granary_module)
  cmake_parse_arguments(M "" "NAME" "DEPS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  set(benches ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  if(sources)
    set(own PRIVATE)
    set(all PUBLIC)
    add_library(granary_${M_NAME} STATIC ${sources})
  else()  # headers only
    set(own INTERFACE)
    set(all INTERFACE)
    add_library(granary_${M_NAME} INTERFACE)
  endif()
  target_include_directories(granary_${M_NAME} ${all} ${PROJECT_SOURCE_DIR}/src)
  foreach(dep ${M_DEPS})
    target_link_libraries(granary_${M_NAME} ${all} granary_${dep})
  endforeach()
  target_link_libraries(granary_${M_NAME} ${all} tl::expected ${own} fmt::fmt ${M_LIBS})
  if(M_NAME STREQUAL "units")
    target_precompile_headers(granary_units PRIVATE ${granary_precompiled})
  elseif(sources)
    target_precompile_headers(granary_${M_NAME} REUSE_FROM granary_units)
  endif()
  if(tests)
    add_executable(${M_NAME}_test ${tests})
    target_link_libraries(${M_NAME}_test PRIVATE granary_${M_NAME} ${M_LIBS} fmt::fmt
                                                 GTest::gmock GTest::gtest_main)
    if(M_NAME STREQUAL "units")
      target_precompile_headers(units_test PRIVATE ${granary_precompiled} <gmock/gmock.h>
                                                   <gtest/gtest.h>)
    else()
      target_precompile_headers(${M_NAME}_test REUSE_FROM units_test)
    endif()
    add_test(NAME ${M_NAME} COMMAND ${M_NAME}_test)
    set_tests_properties(${M_NAME} PROPERTIES
      ENVIRONMENT "GRANARY_SOURCE=${PROJECT_SOURCE_DIR};GRANARY_BIN=${CMAKE_BINARY_DIR}/bin")
  endif()
  if(benches)
    find_package(benchmark REQUIRED)
    add_executable(${M_NAME}_bench ${benches})
    target_link_libraries(${M_NAME}_bench PRIVATE granary_${M_NAME} ${M_LIBS} fmt::fmt
                                                  benchmark::benchmark_main)
  endif()
  string(REPLACE ";" " " deps "${M_DEPS}")
  set_property(GLOBAL APPEND PROPERTY granary_modules "${M_NAME}: ${deps}")
endfunction()

function(granary_layer_check)
  get_property(lines GLOBAL PROPERTY granary_modules)
  string(REPLACE ";" "\n" text "${lines}")
  file(WRITE ${CMAKE_BINARY_DIR}/modules.txt "${text}\n")
  set(tools ${PROJECT_SOURCE_DIR}/tools)
  add_test(NAME layers COMMAND ${Python3_EXECUTABLE} -B ${tools}/layers.py
           ${PROJECT_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/modules.txt)
  add_test(NAME layers_catches_planted COMMAND ${Python3_EXECUTABLE} -B ${tools}/layers_test.py)
  add_test(NAME count_tests COMMAND ${Python3_EXECUTABLE} -B ${tools}/count_tests_test.py)
  add_test(NAME format COMMAND ${tools}/format.sh)
  set_tests_properties(format PROPERTIES SKIP_RETURN_CODE 77)
endfunction()
