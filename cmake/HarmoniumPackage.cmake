# cpack: Debian packages of the library, its development files, the program and the Python package.
find_program(HM_DPKG_QUERY dpkg-query)
find_program(HM_GZIP gzip)
if(NOT HM_DPKG_QUERY OR NOT HM_GZIP)
    return()
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL library development program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX}) # where the library looks for its data
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGE_CONTACT "The Harmonium authors <maintainers@harmonium.invalid>" CACHE STRING "Name and address of who builds packages")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own, which would stand behind this one
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# hm_package(COMPONENT NAME SECTION SUMMARY TEXT): its description, copyright and list of changes.
function(hm_package component name section summary text)
    string(TOUPPER ${component} key)
    set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${name} PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${section} PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
    set(folder ${PROJECT_BINARY_DIR}/package-files/${name})
    set(HM_PACKAGE ${name})
    string(TIMESTAMP HM_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
    configure_file(cmake/debian-changelog.in ${folder}/changelog.Debian @ONLY)
    execute_process(COMMAND ${HM_GZIP} -9nf changelog.Debian WORKING_DIRECTORY ${folder})
    configure_file(LICENSE ${folder}/copyright COPYONLY)
    install(FILES ${folder}/changelog.Debian.gz ${folder}/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
            COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()

# hm_packages_of(OUT PATTERNS...): the Debian packages that own the files, with commas.
function(hm_packages_of out)
    execute_process(COMMAND ${HM_DPKG_QUERY} -S ${ARGN} OUTPUT_VARIABLE lines ERROR_QUIET)
    string(REGEX MATCHALL "[^\n]+" lines "${lines}")
    list(TRANSFORM lines REPLACE "[:,].*" "")
    list(REMOVE_DUPLICATES lines)
    list(JOIN lines ", " lines)
    set(${out} "${lines}" PARENT_SCOPE)
endfunction()

hm_package(library libharmonium0 libs "stochastic neural networks that learn without labels: library"
"libharmonium trains and draws restricted Boltzmann machines, deep belief
nets and their convolutional form, and the classifiers, autoencoders,
recognisers of speech and labellers of pictures made of them.")
file(WRITE ${PROJECT_BINARY_DIR}/package-files/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/package-files/triggers)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SUGGESTS harmonium) # the bundled digits

hm_package(development libharmonium-dev libdevel "stochastic neural networks that learn without labels: headers"
"Headers, the static library, and files for pkg-config and CMake, to build
programs that use libharmonium.")
list(TRANSFORM HM_NEEDS REPLACE "(.+)" "*/pkgconfig/\\1.pc" OUTPUT_VARIABLE needed)
if(GIF_FOUND)
    list(APPEND needed ${GIF_INCLUDE_DIR}/gif_lib.h)
endif()
hm_packages_of(packages ${needed})
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${packages}")
set(CPACK_COMPONENT_DEVELOPMENT_DEPENDS library)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)

hm_package(program harmonium science "stochastic neural networks that learn without labels: program"
"One program for restricted Boltzmann machines, deep belief nets and what
is made of them: it trains, samples, classifies, measures and draws. With
recipes, 10,000 handwritten digits, a page of manual for each verb, and
completion for bash, zsh and fish.")

# Debian's manual pages are packed.
install(CODE "file(GLOB pages \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1/harmonium*.1)
              execute_process(COMMAND ${HM_GZIP} -9nf \${pages})" COMPONENT program EXCLUDE_FROM_ALL)

# The Python package needs what builds it.
find_program(HM_DEBIAN_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(HM_DEBIAN_PYTHON AND CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    execute_process(COMMAND ${HM_DEBIAN_PYTHON} -c
        "import setuptools, cffi, os, pip, sysconfig, wheel; os.stat(sysconfig.get_path('include') + '/Python.h')"
        RESULT_VARIABLE failed ERROR_QUIET)
    if(failed)
        message(STATUS "package python3-harmonium: left out, no python3-cffi python3-dev python3-pip python3-setuptools python3-wheel")
    else()
        list(APPEND CPACK_COMPONENTS_ALL python)
        hm_package(python python3-harmonium python "stochastic neural networks that learn without labels: Python"
"The package harmonium for Python: restricted Boltzmann machines and deep
belief nets as estimators in the manner of scikit-learn, a thin layer over
libharmonium.")
        set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3, python3-numpy, python3-cffi-backend")
        foreach(script postinst prerm)
            configure_file(cmake/python3-${script} package-files/${script} FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
                           GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE COPYONLY)
            list(APPEND CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/package-files/${script})
        endforeach()
        configure_file(cmake/install-python.cmake.in install-python.cmake @ONLY)
        install(SCRIPT ${PROJECT_BINARY_DIR}/install-python.cmake COMPONENT python EXCLUDE_FROM_ALL)
    endif()
endif()
include(CPack)
